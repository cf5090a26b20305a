"""Repetitive texts, which are the worst case for functions with more than linear work."""

import unicodedata

# Strings that such texts repeat.
UNITS = (
    "a", "a b ", "1", " ", "\n", "\u00a0\n", "\r\n", ".", "(", ")", "]", "}", "[(", "()", "'", "\u2019a",
    "a'", '"', "\u201c", "\\", "&", "<", "-", "_", ":", "//", "http://", "https://a", "https://)(",
    "https://a.b/' ", "from:a ", "or ", '"a', "a, ", "e\u0301", "\u0301", "\u0301\u0323",
    "\u0315\u0300\u05ae", "\u0344", "\u094d\u093c", "\u0e48\u0e38", "\U0001d165\U0001d16d",
    "\ufe79\ufe77\ufe7b", "\u094d\u034f\u093c", "\u0488\u0323\u0301", "\u200b", "\u200d", "\ufe0f",
    "\U0001f468\u200d\U0001f469", "\U0001f1e9\U0001f1ea", "\u0130", "i\u0307", "\u0131\u0307", "\u03a3'",
    "\u1ff7", "\ufdfa", "\uff9e\u3099", "\u1100", "\u1100\u1161\u11a8", "\uac01\u11a8", "\u6728",
    "\u6728\u3001", "\u0e01\u0e33", "\u05d0\u05b8", "\u0627\u0640\u064e", "\u202e", "\x85", "\u2028", "ß",
    "\u0345", "T10:59:60.1", " 24:00:00.0", "a@", "{}", '{"a":', "[1,", "charset=;", "%20", "a%", "=",
    # Markers of formatted text.
    "*", "*a", "*a ", " *a", "**a** ", "a* ", "*(", ")*", "_a _", "***a* ", "`", "`a", "` ``", "`` a ` ",
    "```\n", "```a\n", "``` ", "> ", "> \n", "> a\n\n", "\n- ", "- a\n", "- a\n* a\n", "- a\n\n\n", " - ",
    "\t- a\n  ", "1. a\n", "1. - ", "\n 1. a\n   ", "木**", "*https://a ", "*a b_ ",
)  # fmt: skip


def repeated(unit: str, length: int, before: str = "", after: str = "") -> str:
    """Return repetitions of `unit`, about `length` characters in total, between `before` and `after`."""
    return before + unit * (length // len(unit)) + after


def of_all_scripts() -> str:
    """Return characters of all scripts, as an alphabet for texts that hypothesis generates."""
    return "".join(
        chr(code)
        for code in range(0x20, 0x20000, 97)
        if unicodedata.category(chr(code)) not in {"Cs", "Cn", "Co"}
    )
