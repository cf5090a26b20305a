"""Finds the series in a PromQL expression, with a small part of its grammar."""

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
# A metric name with optional matchers, but no function; strings and ranges are skipped.
PART = re.compile(
    rf"""{STRING}
    | \[[^\]]*\]
    | (?<![\w.])(?P<name>[a-zA-Z_:][\w:]*)(?P<matchers>\s*{{(?:[^"}}]|{STRING})*}})?(?!\s*\()(?![\w:])""",
    re.VERBOSE,
)
# The suffixes of the series of a histogram.
OF_A_HISTOGRAM = re.compile(r"_(bucket|sum|count)$")


def selectors(expr: str) -> Iterator[tuple[str, str]]:
    """Yield name and selector of each series in `expr`, such as `up` and `up{job="bobbin"}`."""
    for part in PART.finditer(GROUPING.sub(" ", expr)):
        name = part["name"]
        if name and name.lower() not in WORDS:
            yield name, f"{name}{(part['matchers'] or '').strip()}"


def names(expr: str) -> set[str]:
    return {name for name, _ in selectors(expr)}
