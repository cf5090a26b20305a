"""Draws panels other than time series: single numbers, bars, heat maps and tables."""

from collections.abc import Callable

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from tests.deployment.monitoring.live import colours, kinds
from tests.deployment.monitoring.live.kinds import Frame, Line, Span
from tests.deployment.monitoring.live.units import written
from tests.deployment.monitoring.panels import Panel


def stat(frame: Frame, panel: Panel, lines: list[Line], span: Span) -> None:
    axes = frame.axes(0.02, 0.3, 0.02, 0.02)
    axes.axis("off")
    if not lines:
        text, colour = panel.defaults.get("noValue", "no data"), "#8e8e9a"
    else:
        text = written(lines[0].last, panel.unit, panel.defaults.get("decimals"))
        colour = colours.of_threshold(lines[0].last, panel.defaults["thresholds"]["steps"])
        times, values = zip(*lines[0].points, strict=True)
        axes.fill_between(times, values, color=colour, alpha=0.14, linewidth=0)
        axes.plot(times, values, color=colour, linewidth=0.9, alpha=0.5)
        axes.set_xlim(*span)
        axes.set_ylim(0, max(*values, 1e-9) * 2.2)
    axes.text(
        0.5,
        0.6,
        text,
        transform=axes.transAxes,
        ha="center",
        va="center",
        color=colour,
        fontsize=19,
        fontweight="bold",
    )


def barchart(frame: Frame, panel: Panel, lines: list[Line], span: Span) -> None:
    axes = frame.axes(0.5, 0.36, 0.15, 0.95)
    views = sorted({line.labels["view"] for line in lines if line.ref == panel.queries[0].ref})
    for number, query in enumerate(panel.queries):
        values = {line.labels["view"]: line.last for line in lines if line.ref == query.ref}
        places = [place + (number - 1) * 0.26 for place in range(len(views))]
        heights = [values.get(view, 0) for view in views]
        axes.bar(places, heights, 0.24, color=colours.SERIES[number], alpha=0.85, label=query.legend)
    axes.set_xticks(range(len(views)), views, rotation=24, ha="right", fontsize=7.5)
    axes.grid(visible=False, axis="x")
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.legend(loc="upper right", ncols=3, frameon=False, fontsize=8)


def heatmap(frame: Frame, panel: Panel, lines: list[Line], span: Span) -> None:
    axes = frame.axes()
    lines = sorted(lines, key=lambda line: float(line.labels["le"].replace("+Inf", "inf")))
    times = sorted({time for line in lines for time, _ in line.points})
    at_most = [[dict(line.points).get(time, 0.0) for time in times] for line in lines]
    each = [
        [here - under for here, under in zip(row, before, strict=True)]
        for row, before in zip(at_most, [[0.0] * len(times), *at_most], strict=False)
    ]
    axes.pcolormesh(
        [*times, times[-1] + 1],
        range(len(lines) + 1),
        [[max(value, 0) ** 0.5 for value in row] for row in each],
        cmap="Blues_r",
        rasterized=True,
    )
    kinds.times(axes, span)
    axes.grid(visible=False)
    edges = [line.labels["le"] for line in lines]
    step = max(1, len(edges) // 7)
    axes.set_yticks(
        range(1, len(edges) + 1, step),
        ["∞" if edge == "+Inf" else written(float(edge), panel.unit) for edge in edges[::step]],
    )


def table(frame: Frame, panel: Panel, lines: list[Line], span: Span) -> None:
    axes = frame.axes(0.1, 0.36, 0.1, 0.08)
    axes.axis("off")
    (_alerts if panel.title == "Alerts" else _views)(axes, panel, lines)


def _views(axes: Axes, panel: Panel, lines: list[Line]) -> None:
    columns = {query.ref: query.legend for query in panel.queries}
    cells = {(line.labels["view"], line.ref): line.last for line in lines}
    busiest = sorted(
        {view for view, _ in cells}, key=lambda view: -cells.get((view, panel.queries[0].ref), 0)
    )[:15]
    text = [[view, *(_cell(panel, cells, view, ref) for ref in columns)] for view in busiest]
    for (row, column), cell in _grid(axes, ["View", *columns.values()], text).items():
        if row and column:
            _colour(panel, cell, columns, cells, busiest[row - 1], column - 1)


def _alerts(axes: Axes, panel: Panel, lines: list[Line]) -> None:
    """Draw a list of all alerts of the time."""
    names = ("alertname", "alertstate", "severity", "job", "instance")
    found = sorted({tuple(line.labels.get(name, "") for name in names) for line in lines})[:8]
    _grid(axes, ["Alert", "State", "Severity", "Job", "Instance"], found)


def _grid(axes: Axes, head: list[str], rows: list) -> dict:
    """Draw a table and return its cells by row and column."""
    drawn = axes.table(rows, colLabels=head, bbox=(0, 0, 1, 1), cellLoc="left")
    drawn.auto_set_font_size(False)
    for (row, _), cell in drawn.get_celld().items():
        cell.set(facecolor=colours.PANEL, edgecolor="#2c3235", linewidth=0.5)
        cell.set_text_props(color="#6e9fff" if row == 0 else colours.TEXT, fontsize=8)
    return drawn.get_celld()


def _cell(panel: Panel, cells: dict, view: str, ref: str) -> str:
    own = panel.overridden(ref, next(query.legend for query in panel.queries if query.ref == ref))
    value = cells.get((view, ref))
    return "" if value is None else written(value, own.get("unit", "short"), own.get("decimals"))


def _colour(panel: Panel, cell, columns: dict, cells: dict, view: str, column: int) -> None:
    ref, name = list(columns.items())[column]
    steps = panel.overridden(ref, name).get("thresholds", {}).get("steps")
    if steps and (view, ref) in cells:
        cell.set_text_props(color=colours.of_threshold(cells[view, ref], steps))


DRAW: dict[str, Callable[[Frame, Panel, list[Line], Span], None]] = {
    "timeseries": kinds.timeseries,
    "stat": stat,
    "barchart": barchart,
    "heatmap": heatmap,
    "table": table,
}
