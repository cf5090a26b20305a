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
# The backgrounds of bobbin.css on which text has these colors, for both themes.
SURFACES = (("#f6f4ef", "#fffefb", "#ffffff"), ("#141817", "#1a1f1e", "#212726"))
ACCENT_SOFT = ("#e2efed", "#1f3432")  # Of what is selected. Nothing there has the color of what is new.
ON_ACCENT = ("#ffffff", "#0d1b1a")  # Also the text of badges.
ACCENT = ("#0f6460", "#6cc5bd")
NEW = ("#b4532a", "#f09a6b")

Pair = tuple[str, str]


def style_sheet() -> str:
    """Return the style sheet with the colors of the operator, or "" if none is set."""
    accent = _pair("SITE_ACCENT", os.environ.get("SITE_ACCENT", ""))
    new = _pair("SITE_NEW", os.environ.get("SITE_NEW", ""))
    if accent:
        _check("SITE_ACCENT", accent, _grounds(ON_ACCENT, ACCENT_SOFT))
    if new:
        _check("SITE_NEW", new, _grounds(ON_ACCENT))
    lines = [f"--accent: light-dark({accent[0]}, {accent[1]});"] if accent else []
    lines += [f"--new: light-dark({new[0]}, {new[1]});"] if new else []
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


def _grounds(*others: Pair) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the surfaces and these colors, for the light and for the dark theme."""
    light, dark = SURFACES
    return (*light, *(pair[0] for pair in others)), (*dark, *(pair[1] for pair in others))


def _luminance(color: str) -> float:
    """Return the relative luminance, as WCAG 2.2 defines it."""
    parts = [part / 255 for part in bytes.fromhex(color[1:])]
    red, green, blue = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
