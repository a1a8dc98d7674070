from __future__ import annotations

from tests.soak.figures import Bout, Figures, Sample, report
from tests.soak.ledger import judge
from tests.soak.plan import Trouble


def figures(*memory: Sample, findings: tuple[str, ...] = (), failures: tuple[str, ...] = ()) -> Figures:
    return Figures(
        verdict=judge([], set(), [["lost"]], []),
        seconds=90.0,
        rounds=2,
        typed=0,
        accepted=[],
        findings=findings,
        failures=failures,
        bouts=[Bout(Trouble.CUT, 2, 1.0), Bout(Trouble.CUT, 2, 3.0)],
        memory=memory,
        gaps=0,
    )


def test_memory_is_that_of_the_longest_life_from_its_first_round_on() -> None:
    lives = figures(*(Sample(life, 60.0 * minute, 60 + minute) for minute, life in enumerate((1, 2, 2, 2, 3))))
    assert [sample.megabytes for sample in lives.longest_life] == [61, 62, 63]


def test_the_slope_is_that_of_the_second_half_when_the_caches_are_full() -> None:
    megabytes = (60, 65, 70, 71, 72, 73)
    life = figures(*(Sample(1, 60.0 * minute, each) for minute, each in enumerate(megabytes)))
    assert life.slope is not None
    assert round(life.slope) == 60 * 1024


def test_there_is_no_slope_over_two_points() -> None:
    assert figures(*(Sample(1, 60.0 * minute, 60) for minute in range(4))).slope is None


def test_what_is_wrong_and_what_the_log_complains_of_stands_in_the_report() -> None:
    text = report(figures(findings=("altered: an entry",), failures=("ERROR of the bot",)))
    assert text.splitlines()[-3:] == ["1 invented: lost", "altered: an entry", "ERROR of the bot"]


def test_each_trouble_has_its_row() -> None:
    rows = report(figures()).splitlines()
    assert [row.split() for row in rows if row.endswith("the line is cut")] == [
        ["2", "4", "2.0", "3.0", "the", "line", "is", "cut"]
    ]
    assert all(any(trouble.value in row for row in rows) for trouble in Trouble)
