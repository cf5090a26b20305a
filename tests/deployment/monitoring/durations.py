"""Shorter durations of rules and routes, for tests that cannot wait for those of the shipped files."""

import re

FACTOR = 15  # A scrape interval of one second instead of 15.
DURATION = re.compile(
    r"^(\s*(?:for|keep_firing_for|group_wait|group_interval|repeat_interval|scrape_interval|scrape_timeout"
    r"|evaluation_interval|refresh_interval): )(\d+)([sm])$",
    re.MULTILINE,
)


def scaled(text: str) -> str:
    """Return the text with every duration of a rule, a route or a scrape divided by FACTOR, at least 1 s."""

    def shorter(found: re.Match[str]) -> str:
        seconds = int(found[2]) * (60 if found[3] == "m" else 1)
        return f"{found[1]}{-(-seconds // FACTOR)}s"

    return DURATION.sub(shorter, text)
