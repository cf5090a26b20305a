"""`make bench` reports for each target whether it was reached or missed, and their numbers."""

import pytest

from bench import raw, report
from bench.measure import Figure, Way, Workload, measure
from bench.targets import at_most, faster_than, one_query, so_many_times


def figures(limit: float, own: float, **others: float) -> dict[str, Figure]:
    named = {"raw SQL": limit, "Bobbin": own, **others}
    return {name: Figure([seconds], 1) for name, seconds in named.items()}


@pytest.mark.parametrize(("own", "verdict"), [(3.0, "at most 3: reached"), (3.1, "at most 3: missed")])
def test_ratio_without_another_way_is_relative_to_the_limit(own, verdict):
    assert at_most(3).verdict(figures(1.0, own, mptt=0.1)) == verdict


@pytest.mark.parametrize(("own", "verdict"), [(2.0, "reached"), (2.1, "missed")])
def test_target_of_many_runs_in_the_time_of_another_way(own, verdict):
    assert so_many_times(5, "fresh").verdict(figures(1.0, own, fresh=10.0)).endswith(f"as fresh: {verdict}")


def test_ratio_with_another_way_is_relative_to_that_way():
    assert at_most(2, "cascade").verdict(figures(0.1, 4.0, cascade=2.0)) == "at most 2 times cascade: reached"
    assert at_most(2, "cascade").verdict(figures(0.1, 4.1, cascade=2.0)) == "at most 2 times cascade: missed"


def test_target_faster_than_all_excludes_the_limit():
    measured = figures(1.0, 2.0, mptt=2.1, treebeard=3.0)

    assert faster_than("all").is_reached(measured)
    assert not faster_than("all").is_reached(measured | figures(1.0, 2.0, cte=2.0))


def test_target_faster_than_named_ways_compares_only_these():
    measured = figures(1.0, 2.0, pghistory=1.5, reversion=3.0)

    assert faster_than("reversion", "reversion").is_reached(measured)
    assert not faster_than("both", "reversion", "pghistory").is_reached(measured)


def test_target_of_one_query_counts_the_queries_of_bobbin():
    measured = figures(1.0, 2.0)
    assert one_query().is_reached(measured)
    measured["Bobbin"].queries = 2
    assert not one_query().is_reached(measured)


def test_lines_hold_ratios_and_verdicts():
    workload = Workload("work", [], targets=[at_most(1.5), one_query()])

    assert report.work(workload, figures(0.002, 0.004, mptt=0.005)) == [
        ["work", "raw SQL", "2.00", "1.00", "1", ""],
        ["", "Bobbin", "4.00", "2.00", "1", "at most 1.5: missed, 1 query: reached"],
        ["", "mptt", "5.00", "2.50", "1", ""],
    ]


def test_summary_counts_reached_and_missed_targets():
    lines = [["work", "at most 1.5: missed, 1 query: reached"], ["", ""], ["", "at most + 10 MB: reached"]]

    assert report.counted(lines) == "To reach: 3. Reached: 2. Missed: 1."


def test_statements_past_django_are_counted_without_those_of_the_comparison(monkeypatch):
    class Cursor:
        def execute(self, *_):
            return self

        def fetchall(self):
            return [(1,)]

    monkeypatch.setattr(raw, "_cursor", Cursor)
    way = Way("raw SQL", lambda: raw.rows("SELECT 1", []), lambda _: raw.rows("SELECT 2", []))

    assert measure(Workload("work", [way]), rounds=1)["raw SQL"].queries == 1
