"""Draws each dashboard from its queries, for readers without Grafana."""

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

from tests.deployment.monitoring.live import charts, kinds
from tests.deployment.monitoring.live.colours import BACKGROUND, PANEL, TEXT
from tests.deployment.monitoring.live.monitored import WINDOW
from tests.deployment.monitoring.live.prometheus import Prometheus
from tests.deployment.monitoring.panels import COLUMNS, Panel, panels

WIDTH = 15.0  # Inches, of 100 points each.
ROW = 0.36  # Inches, of one row of Grafana's grid.
HEAD = 0.75  # Inches, for the name of the dashboard.
GAP = 0.06
COLOURS = 256  # With a palette of this size, a picture has a third of the bytes.
STYLE = {
    "axes.edgecolor": "none",
    "axes.facecolor": PANEL,
    "axes.grid": True,
    "axes.labelcolor": TEXT,
    "font.size": 8,
    "grid.color": "#343a42",
    "grid.linewidth": 0.6,
    "text.color": TEXT,
    "xtick.color": "#8e8e9a",
    "ytick.color": "#8e8e9a",
    "xtick.major.size": 0,
    "ytick.major.size": 0,
}


def draw(dashboard: Mapping[str, Any], prometheus: Prometheus, start: float, end: float, path: Path) -> None:
    """Draw `dashboard` for the time from `start` to `end` into the file `path`."""
    placed = list(panels(dashboard, WINDOW))
    height = HEAD + ROW * max(panel.grid["y"] + panel.grid["h"] for panel in placed)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, height), dpi=100, facecolor=BACKGROUND)
        page = Page(figure, height)
        page.head(dashboard["title"], dashboard["description"])
        for panel in placed:
            if panel.kind == "row":
                page.row(panel)
            else:
                found = list(_series(panel, prometheus, start, end))
                charts.DRAW[panel.kind](page.panel(panel), panel, found, (start, end))
        _save(figure, path)


def _series(panel: Panel, prometheus: Prometheus, start: float, end: float) -> Iterator[kinds.Line]:
    for query in panel.queries:
        for series in prometheus.between(query.expr, start, end):
            if series.points:
                yield kinds.Line(query.ref, query.name(series.labels), series.labels, series.points)


class Page:
    """Converts positions in the grid of Grafana to positions in the figure."""

    def __init__(self, figure: Figure, height: float) -> None:
        self.figure, self.height = figure, height

    def head(self, title: str, description: str) -> None:
        self._text(0.15, 0.12, title, fontsize=15, fontweight="bold")
        self._text(0.15, 0.46, description, fontsize=9, color="#9fa7b3")

    def row(self, panel: Panel) -> None:
        self._text(
            0.15, HEAD + ROW * panel.grid["y"] + 0.1, f"▾  {panel.title}", fontsize=10, color="#d8d9da"
        )

    def panel(self, panel: Panel) -> kinds.Frame:
        """Draw the box and the title of a panel, and return its frame."""
        grid, column = panel.grid, (WIDTH - 0.2) / COLUMNS
        left, width = 0.1 + column * grid["x"] + GAP / 2, column * grid["w"] - GAP
        top, height = HEAD + ROW * grid["y"] + GAP / 2, ROW * grid["h"] - GAP
        box = (left / WIDTH, 1 - (top + height) / self.height, width / WIDTH, height / self.height)
        # Draw the box below the axes.
        style = {"facecolor": PANEL, "edgecolor": "#2b3038", "linewidth": 0.8, "zorder": -1}
        self.figure.add_artist(Rectangle(box[:2], *box[2:], **style))
        self._text(left + 0.1, top + 0.08, panel.title, fontsize=9)
        return kinds.Frame(self.figure, left, top, width, height, WIDTH, self.height)

    def _text(self, left: float, top: float, text: str, **style: Any) -> None:
        self.figure.text(left / WIDTH, 1 - top / self.height, text, va="top", **style)


def _save(figure: Figure, path: Path) -> None:
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", facecolor=BACKGROUND)
    picture = Image.open(drawn).convert("RGB")
    palette = picture.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    palette.save(path, optimize=True)
