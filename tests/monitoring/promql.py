"""What a PromQL expression asks for: enough of its grammar to find the series that it names."""

import re
from collections.abc import Iterator

GROUPING = re.compile(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^()]*\)")
WORDS = {
    "and",
    "or",
    "unless",
    "by",
    "without",
    "on",
    "ignoring",
    "group_left",
    "group_right",
    "offset",
    "bool",
}
STRING = r'"(?:[^"\\]|\\.)*"'
# A name, perhaps with matchers, that is no function; strings and ranges are passed over.
PART = re.compile(
    rf"""{STRING}
    | \[[^\]]*\]
    | (?<![\w.])(?P<name>[a-zA-Z_:][\w:]*)(?P<matchers>\s*{{(?:[^"}}]|{STRING})*}})?(?!\s*\()(?![\w:])""",
    re.VERBOSE,
)
# What Prometheus adds to a histogram's name.
OF_A_HISTOGRAM = re.compile(r"_(bucket|sum|count)$")


def selectors(expr: str) -> Iterator[tuple[str, str]]:
    """The name of each series that `expr` asks for, and how it asks: `up`, `up{job="bobbin"}`."""
    for part in PART.finditer(GROUPING.sub(" ", expr)):
        name = part["name"]
        if name and name.lower() not in WORDS:
            yield name, f"{name}{(part['matchers'] or '').strip()}"


def names(expr: str) -> set[str]:
    return {name for name, _ in selectors(expr)}
