"""The colours of Grafana."""

BACKGROUND, PANEL, TEXT = "#0d0e12", "#1d2026", "#ccccdc"
SERIES = (
    "#73bf69", "#f2cc0c", "#5794f2", "#ff9830", "#f2495c", "#b877d9", "#8ab8ff", "#fade2a",
    "#56a64b", "#3274d9", "#fa6400", "#c4162a", "#8f3bb8", "#96d98d", "#ffb357", "#ca95e5",
)  # fmt: skip
NAMED = {
    "green": "#73bf69",
    "yellow": "#f2cc0c",
    "orange": "#ff9830",
    "red": "#f2495c",
    "blue": "#5794f2",
    "purple": "#b877d9",
    "text": "#ccccdc",
}


def named(name: str) -> str:
    return NAMED.get(name, name)


def of_threshold(value: float, steps: list[dict]) -> str:
    """Return the colour of the last step that the value reaches."""
    reached = [step["color"] for step in steps if step["value"] is None or value >= step["value"]]
    return named(reached[-1])
