"""The benchmarks' own arithmetic: what they compare, refuse and write down."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[1] / "bench"


@pytest.fixture
def bench(monkeypatch):
    """The modules of the benchmarks, which import one another by their plain names."""
    monkeypatch.syspath_prepend(str(BENCH))
    import measure
    import report

    yield measure, report
    for name in ("measure", "report"):
        del sys.modules[name]


def test_every_way_takes_its_turn_in_every_round(bench):
    measure, _ = bench
    turns = []
    ways = [measure.Way(name, lambda name=name: turns.append(name)) for name in ("limit", "ours", "theirs")]
    figures = measure.measure(measure.Workload("work", ways), rounds=10)

    assert all(len(figure.seconds) == 10 for figure in figures.values())
    timed = turns[-30:]
    assert all(set(timed[n : n + 3]) == {"limit", "ours", "theirs"} for n in range(0, 30, 3))
    assert len({tuple(timed[n : n + 3]) for n in range(0, 30, 3)}) > 1


def test_other_content_is_an_error_and_no_figure(bench):
    measure, _ = bench
    ways = [measure.Way("limit", lambda: [1, 2]), measure.Way("theirs", lambda: [1, 3])]

    with pytest.raises(measure.DifferentContentError, match="'theirs' returned other content than 'limit'"):
        measure.measure(measure.Workload("work", ways), rounds=1)


def test_content_is_compared_as_each_way_has_it(bench):
    measure, _ = bench
    ways = [measure.Way("limit", lambda: (1, 2), list), measure.Way("ours", lambda: [1, 2])]

    assert set(measure.measure(measure.Workload("work", ways), rounds=1)) == {"limit", "ours"}


def test_what_is_undone_is_undone_after_every_run(bench):
    measure, _ = bench
    open_, most = [], []
    way = measure.Way(
        "writes", lambda: most.append(len(open_)), lambda _: None,
        before=lambda: open_.append(1), after=open_.clear,
    )  # fmt: skip
    measure.measure(measure.Workload("work", [way]), rounds=3)

    assert set(most) == {1}
    assert open_ == []


def test_medians_and_percentiles(bench):
    measure, _ = bench
    figure = measure.Figure([0.1] * 94 + [9.0] * 6)

    assert (figure.median, figure.p95) == (0.1, 9.0)


def test_a_table_reads_well_as_text_too(bench):
    _, report = bench

    assert report.table(["way", "ms"], [["Bobbin", "1"], ["raw", "0.55"]]) == (
        "| way    | ms   |\n| ------ | ---- |\n| Bobbin | 1    |\n| raw    | 0.55 |"
    )


def test_a_section_is_replaced_and_what_is_written_by_hand_stays(bench, monkeypatch, tmp_path):
    _, report = bench
    page = tmp_path / "benchmarks.md"
    page.write_text("# Benchmarks\n\nBy hand.\n")
    monkeypatch.setattr(report, "DOC", page)
    for text in ("first", r"second, \1"):
        report.write("work", text)
        report.write("scale", "other")
    page.write_text(page.read_text() + "\nThe end, by hand.\n")
    report.write("work", "third")

    text = page.read_text()
    assert text.count("made by make") == 2
    assert "third" in text
    assert "second" not in text
    assert text.startswith("# Benchmarks\n\nBy hand.\n")
    assert text.endswith("The end, by hand.\n")


@pytest.mark.parametrize("module", ["settings", "settings_http"])
def test_limits_of_members_are_out_of_reach_of_benchmarks(module):
    """In a process of its own: these settings change those that they are made from."""
    said = f"import json, {module}; print(json.dumps({module}.MEMBER_LIMITS))"
    path = os.pathsep.join([str(BENCH), str(BENCH.parents[1] / "services/web")])
    done = subprocess.run(
        [sys.executable, "-c", said], env=os.environ | {"PYTHONPATH": path}, capture_output=True, check=True
    )

    limits = json.loads(done.stdout)
    assert "reads" in limits
    assert min(limits.values()) >= 10**9
