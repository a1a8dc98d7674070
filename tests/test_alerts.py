"""The alert rules and the dashboard ask for figures that exist, and each rule leads to what to do."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from labsbot.journal import Journal
from labsbot.service.metrics import exposed
from tests.nouns import an_acceptance, an_entry
from tests.servers.unpacked import unpacked
from tests.service.test_metrics import figures

ROOT = Path(__file__).parents[1]
RULES = ROOT / "config/prometheus-alerts.yaml"
DASHBOARD = ROOT / "config/grafana-dashboard.json"


def rules() -> list[dict[str, str]]:
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def dashboard_queries() -> Iterator[str]:
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        yield from (target["expr"] for target in panel["targets"])


@pytest.fixture
async def told(tmp_path: Path) -> dict[str, set[str]]:
    """What a bot tells to which everything has happened: each figure with its labels."""
    journal = Journal.open(tmp_path / "journal")
    await journal.entries.accept(an_acceptance(an_entry()))
    content, _ = await exposed(figures(journal).families, "")
    journal.close()
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(content.decode()):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


@pytest.mark.parametrize("queries", [[rule["expr"] for rule in rules()], list(dashboard_queries())])
def test_each_query_asks_for_figures_and_labels_that_exist(told: dict[str, set[str]], queries: list[str]) -> None:
    assert len(queries) > 8
    for query in queries:
        named = re.findall(r"(labsbot_\w+)(?:\{(\w+)=)?", query)
        assert named, query
        for name, label in named:
            assert name in told, query
            assert not label or label in told[name], query
        for grouped in re.findall(r"by \(([^)]*)\)", query):
            assert set(grouped.split(", ")) <= told[named[0][0]], query


def test_each_rule_leads_to_its_section_and_each_section_has_a_rule() -> None:
    page = (ROOT / "docs/alerts.rst").read_text()
    sections = Counter(re.findall(r"^(Labsbot\w+)\n-+$", page, re.MULTILINE))
    assert sections == Counter(rule["alert"] for rule in rules())
    for rule in yaml.safe_load(RULES.read_text())["groups"][0]["rules"]:
        assert rule["annotations"]["runbook_url"].endswith(f"/alerts.html#{rule['alert'].lower()}")


@pytest.mark.servers
def test_each_rule_fires_when_it_should_and_not_before(tmp_path: Path) -> None:
    tests = ROOT / "tests/alerts.yaml"
    tried = [
        each["alertname"] for test in yaml.safe_load(tests.read_text())["tests"] for each in test["alert_rule_test"]
    ]
    assert set(tried) == {rule["alert"] for rule in rules()}
    shutil.copy(RULES, tmp_path)
    shutil.copy(tests, tmp_path)
    done = subprocess.run(
        [unpacked("prometheus") / "usr/bin/promtool", "test", "rules", tests.name],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
