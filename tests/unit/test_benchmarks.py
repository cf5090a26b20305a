"""The benchmarks compare results, reject differences and write their tables correctly."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench import measure, report

ROOT = Path(__file__).parents[2]


def test_measure_runs_every_way_once_in_each_round():
    turns = []
    ways = [measure.Way(name, lambda name=name: turns.append(name)) for name in ("limit", "ours", "theirs")]
    figures = measure.measure(measure.Workload("work", ways), rounds=10)

    assert all(len(figure.seconds) == 10 for figure in figures.values())
    timed = turns[-30:]
    assert all(set(timed[n : n + 3]) == {"limit", "ours", "theirs"} for n in range(0, 30, 3))
    assert len({tuple(timed[n : n + 3]) for n in range(0, 30, 3)}) > 1


def test_measure_with_different_content_raises_an_error():
    ways = [measure.Way("limit", lambda: [1, 2]), measure.Way("theirs", lambda: [1, 3])]

    with pytest.raises(measure.DifferentContentError, match="'theirs' returned other content than 'limit'"):
        measure.measure(measure.Workload("work", ways), rounds=1)


def test_measure_compares_content_after_the_conversion_of_each_way():
    ways = [measure.Way("limit", lambda: (1, 2), list), measure.Way("ours", lambda: [1, 2])]

    assert set(measure.measure(measure.Workload("work", ways), rounds=1)) == {"limit", "ours"}


def test_measure_calls_after_once_for_every_run():
    open_, most = [], []
    way = measure.Way(
        "writes", lambda: most.append(len(open_)), lambda _: None,
        before=lambda: open_.append(1), after=open_.clear,
    )  # fmt: skip
    measure.measure(measure.Workload("work", [way]), rounds=3)

    assert set(most) == {1}
    assert open_ == []


def test_medians_and_percentiles():
    figure = measure.Figure([0.1] * 94 + [9.0] * 6)

    assert (figure.median, figure.p95) == (0.1, 9.0)


def test_table_pads_its_columns():
    assert report.table(["way", "ms"], [["Bobbin", "1"], ["raw", "0.55"]]) == (
        "| way    | ms   |\n| ------ | ---- |\n| Bobbin | 1    |\n| raw    | 0.55 |"
    )


def test_write_replaces_its_section_and_keeps_other_text(monkeypatch, tmp_path):
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
def test_member_limits_in_benchmark_settings_are_unreachable(module):
    """Read the settings in a separate process, since they modify the settings that they import."""
    said = f"import json; from bench.{module} import MEMBER_LIMITS; print(json.dumps(MEMBER_LIMITS))"
    path = os.pathsep.join([str(ROOT), str(ROOT / "services/web")])
    done = subprocess.run(
        [sys.executable, "-c", said], env=os.environ | {"PYTHONPATH": path}, capture_output=True, check=True
    )

    limits = json.loads(done.stdout)
    assert "reads" in limits
    assert min(limits.values()) >= 10**9
