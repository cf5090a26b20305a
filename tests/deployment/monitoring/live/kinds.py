"""Draws panels with time series."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, Locator, MaxNLocator, MultipleLocator

from tests.deployment.monitoring.live import colours
from tests.deployment.monitoring.live.units import written
from tests.deployment.monitoring.panels import Panel

Span = tuple[float, float]
MANY = 8  # With more series than this, draw the largest first and no areas, which would cover each other.


class Line(NamedTuple):
    """A series of a panel."""

    ref: str
    name: str
    labels: dict[str, str]
    points: list[tuple[float, float]]

    @property
    def last(self) -> float:
        return self.points[-1][1]


@dataclass(frozen=True)
class Frame:
    """Position of a panel, in inches from the left and the top of its figure."""

    figure: Figure
    left: float
    top: float
    width: float
    height: float
    page: float
    length: float
    margins: tuple[float, float, float, float] = field(default=(0.62, 0.34, 0.15, 0.52))

    def axes(self, *margins: float) -> Axes:
        """Add axes to the panel; `margins` are those at the left, top, right and bottom."""
        left, top, right, bottom = margins or self.margins
        return self.figure.add_axes((
            (self.left + left) / self.page,
            1 - (self.top + self.height - bottom) / self.length,
            (self.width - left - right) / self.page,
            (self.height - top - bottom) / self.length,
        ))  # fmt: skip


def timeseries(frame: Frame, panel: Panel, lines: list[Line], span: Span) -> None:
    custom = panel.defaults.get("custom", {})
    if len(lines) > MANY:
        lines = sorted(lines, key=lambda line: (line.ref, -sum(value for _, value in line.points)))
    axes = frame.axes()
    if custom.get("stacking", {}).get("mode") == "normal":
        _stack(axes, lines)
    else:
        for number, line in enumerate(lines):
            _line(axes, panel, line, colours.SERIES[number % len(colours.SERIES)], custom)
    _limits(axes, panel, lines)
    if custom.get("thresholdsStyle", {}).get("mode", "off") != "off":
        _thresholds(axes, panel)
    if "min" in panel.defaults and len(lines) <= MANY:
        _areas(axes, custom)
    times(axes, span)
    axes.yaxis.set_major_locator(_ticks(panel, lines, axes.get_ylim()[1]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: written(value, panel.unit)))
    _legend(axes, frame)


def _line(axes: Axes, panel: Panel, line: Line, colour: str, custom: dict) -> None:
    own = panel.overridden(line.ref, line.name)
    dashed = own.get("custom.lineStyle", {}).get("fill") == "dash"
    if "color" in own:
        colour = colours.named(own["color"].get("fixedColor", colour))
    moments, values = zip(*_with_gaps(line.points), strict=True)
    axes.plot(moments, values, "--" if dashed else "-", color=colour, linewidth=1.3, label=line.name)


def _with_gaps(points: list[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """Insert NaN where points are missing, so that no line is drawn across the gap."""
    before = points[0][0]
    for time, value in points:
        if time - before > 2:
            yield before + 1, math.nan
        yield time, value
        before = time


def _areas(axes: Axes, custom: dict) -> None:
    for line in axes.lines:
        if custom.get("stacking", {}).get("mode") != "normal" and line.get_linestyle() == "-":
            area = {"color": line.get_color(), "alpha": custom.get("fillOpacity", 0) / 100, "linewidth": 0}
            axes.fill_between(line.get_xdata(), line.get_ydata(), **area)


def _stack(axes: Axes, lines: list[Line]) -> None:
    times = sorted({time for line in lines for time, _ in line.points})
    below = dict.fromkeys(times, 0.0)
    for number, line in enumerate(lines):
        colour, values = colours.SERIES[number % len(colours.SERIES)], dict(line.points)
        top = {time: below[time] + values.get(time, 0.0) for time in times}
        axes.fill_between(
            times, list(below.values()), list(top.values()), color=colour, alpha=0.35, linewidth=0
        )
        axes.plot(times, list(top.values()), color=colour, linewidth=1.1, label=line.name)
        below = top


def _limits(axes: Axes, panel: Panel, lines: list[Line]) -> None:
    low, high = axes.get_ylim()
    # All values are zero: avoid a scale of millionths.
    if lines and all(value == 0 for line in lines for _, value in line.points):
        low, high = 0, 1
    if "max" in panel.defaults:  # A ratio close to its maximum: avoid a scale of thousandths.
        high = panel.defaults["max"]
        low = min(low, 0.95 * high)
    axes.set_ylim(panel.defaults.get("min", low), high + 0.02 * (high - low))


def _ticks(panel: Panel, lines: list[Line], high: float) -> Locator:
    if panel.unit == "bool_on_off":
        return FixedLocator([0, 1])
    if panel.unit in ("bytes", "Bps") and high > 0:
        step = 2 ** math.ceil(math.log2(high / 5))
        return MultipleLocator(step)
    whole = panel.unit == "short" and all(value == int(value) for line in lines for _, value in line.points)
    return MaxNLocator(5, integer=whole)


def _thresholds(axes: Axes, panel: Panel) -> None:
    low, high = axes.get_ylim()
    for step in panel.defaults["thresholds"]["steps"]:
        if step["value"] is not None and low <= step["value"] <= high:
            axes.axhline(
                step["value"], color=colours.named(step["color"]), linestyle=(0, (6, 4)), linewidth=1
            )


def times(axes: Axes, span: Span) -> None:
    start, end = span
    axes.set_xlim(start, end)
    step = 20 if end - start < 160 else 60
    axes.set_xticks([start + second for second in range(0, int(end - start) + 1, step)])
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda time, _: f"{int(time - start) // 60}:{int(time - start) % 60:02}")
    )


def _legend(axes: Axes, frame: Frame) -> None:
    marks, names = axes.get_legend_handles_labels()
    if not names:
        axes.text(0.5, 0.5, "no data", transform=axes.transAxes, ha="center", color="#8e8e9a")
        return
    columns = max(1, int((frame.width - 0.2) / (0.34 + 0.06 * max(map(len, names)))))
    shown = names[: 2 * columns]
    if len(shown) < len(names):
        shown[-1] = f"and {len(names) - len(shown) + 1} more"
    axes.legend(
        marks[: len(shown)],
        shown,
        loc="upper left",
        bbox_to_anchor=(-0.52 / (frame.width - 0.77), -0.13),
        bbox_transform=axes.transAxes,
        ncols=columns,
        frameon=False,
        fontsize=7.5,
        handlelength=1.1,
        handletextpad=0.4,
        columnspacing=1.0,
        labelspacing=0.2,
        borderaxespad=0,
    )
