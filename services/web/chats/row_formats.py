"""The HTML of the rows of long lists: a macro is rendered once for each kind of row, with places for values.

A page has 50 rows of few kinds. Jinja2 looks up and escapes each of the 28 values of a message, but only
three of them are texts of users. It takes ten times as long as filling in the places (docs/decisions/0027).
"""

from collections.abc import Callable, Mapping
from functools import cache
from operator import itemgetter
from typing import Any

from django.template import engines
from markupsafe import Markup

MARK = "\0"  # Around the name of a value. No text in a template contains it.


class Places:
    """Stands for the values of a row: each attribute is the place of the value with this name."""

    def __getattr__(self, value: str) -> Markup:
        return Markup(f"{MARK}{value}{MARK}")  # noqa: S704  # The name is written in a template.


class RowFormat:
    """The HTML of a kind of row, with places for its values."""

    def __init__(self, html: str) -> None:
        self._pieces = html.split(MARK)  # Alternately a constant text and the name of a value.
        # A getter of one value returns no tuple.
        self._values = itemgetter(*self._pieces[1::2], self._pieces[1])

    def filled(self, values: Mapping[str, str]) -> str:
        """Return the row with these values. The caller has escaped the texts of users."""
        pieces = self._pieces.copy()
        pieces[1::2] = self._values(values)[:-1]
        return "".join(pieces)


def row_formats(
    macro: str, kind: Callable[..., Any], template: str = "chats/_rows.html"
) -> Callable[..., RowFormat]:
    """Return a function that returns the format of a row in a language with these conditions.

    The macro is called with `kind(*conditions)` and the places of the values. The language is the current
    one, which the caller reads once for a page, or "" for a macro without texts.
    """

    @cache
    def format_for(language: str, *conditions: bool) -> RowFormat:
        return RowFormat(str(call_macro(macro, kind(*conditions), Places(), template=template)))

    return format_for


def call_macro(macro: str, *values: Any, template: str = "chats/_rows.html") -> Markup:
    """Return the HTML of a macro of a template."""
    engine: Any = engines["jinja2"]
    html: Markup = getattr(engine.env.get_template(template).module, macro)(*values)
    return html
