"""Which days there are on pages before the first start."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.torture.past import DAYS, old_days


@pytest.mark.parametrize("today", [date(2026, 11, 29), date(2026, 3, 1), date(2026, 1, 31)])
def test_old_days_are_of_months_that_are_over_each_of_them_once(today: date) -> None:
    days = old_days(today, 8)
    assert len(set(days)) == 8 * DAYS
    assert days == sorted(days, reverse=True)
    assert max(days) < today.replace(day=1)
    assert len({(day.year, day.month) for day in days}) == 8
    assert today - min(days) < timedelta(days=365)
