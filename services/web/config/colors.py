"""The colors that an operator can change: SITE_ACCENT for what can be done, SITE_NEW for what is new.

Each has two values, for the light and for the dark theme. Text in these colors, and text on them, must have
the contrast of WCAG 2.2, level AA.
"""

import os
import re

from config.environment import refuse, stop

CONTRAST = 4.5
PAIR = re.compile(r"(#[0-9a-f]{6}),\s*(#[0-9a-f]{6})", re.IGNORECASE)
WANTED = "two colors such as #0f6460,#6cc5bd, for the light and for the dark theme"
# The grounds of bobbin.css on which text has these colors, for both themes.
SURFACES = (("#ffffff", "#fffefb", "#f5f4f1", "#f6f4ef"), ("#15181a", "#141817", "#1e2123", "#212726"))
OF_THE_ACCENT = (("#e6f1ef", "#e2efed"), ("#1b3331", "#1f3432"))  # Own messages, and rows under the pointer.
ON_ACCENT = ("#ffffff", "#08201f")
ACCENT = ("#0f5c5c", "#6cc5bd")
NEW_GROUND = ("#fff5da", "#3a3220")
TINT = 0.12  # Part of the color of what is new in the ground of a new message.

Pair = tuple[str, str]


def style_sheet() -> str:
    """Return the style sheet with the colors of the operator, or "" if none is set."""
    accent = _pair("SITE_ACCENT", os.environ.get("SITE_ACCENT", ""))
    new = _pair("SITE_NEW", os.environ.get("SITE_NEW", ""))
    ground = NEW_GROUND
    if new:
        _check("SITE_NEW", new, SURFACES)
        ground = _mixed(new[0], SURFACES[0][0]), _mixed(new[1], SURFACES[1][2])
    # Links have the color of the accent in new messages too.
    if accent or new:
        grounds = (
            (*SURFACES[0], *OF_THE_ACCENT[0], ON_ACCENT[0], ground[0]),
            (*SURFACES[1], *OF_THE_ACCENT[1], ON_ACCENT[1], ground[1]),
        )
        _check("SITE_ACCENT" if accent else "SITE_NEW", accent or ACCENT, grounds)
    lines = [f"--accent: light-dark({accent[0]}, {accent[1]});"] if accent else []
    lines += [f"--new: light-dark({ground[0]}, {ground[1]});"] if new else []
    return f":root {{ {' '.join(lines)} }}\n" if lines else ""


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colors (#rrggbb), from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _pair(name: str, value: str) -> Pair | None:
    if not value:
        return None
    found = PAIR.fullmatch(value.strip())
    return (found[1].lower(), found[2].lower()) if found else refuse(name, WANTED)


def _check(name: str, pair: Pair, grounds: tuple[tuple[str, ...], tuple[str, ...]]) -> None:
    for color, of_theme, theme, advice in zip(
        pair, grounds, ("light", "dark"), ("darker", "lighter"), strict=True
    ):
        least, ground = min((contrast(color, ground), ground) for ground in of_theme)
        if least < CONTRAST:
            stop(
                f"{name}: {color} has the contrast {least:.2f} to {ground} of the {theme} theme, "
                f"and text needs {CONTRAST}. Choose a {advice} color."
            )


def _channels(color: str) -> list[int]:
    return list(bytes.fromhex(color[1:]))


def _luminance(color: str) -> float:
    """Return the relative luminance, as WCAG 2.2 defines it."""
    parts = [part / 255 for part in _channels(color)]
    red, green, blue = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _mixed(color: str, ground: str) -> str:
    parts = zip(_channels(color), _channels(ground), strict=True)
    return "#" + "".join(f"{round(TINT * part + (1 - TINT) * under):02x}" for part, under in parts)
