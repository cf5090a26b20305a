"""`make bench ARGS="--only text"`: processor time for 10,000 characters of the worst of many texts."""

import time

from bench import report
from tests.support.counting.readers import READERS, quietly
from tests.support.counting.texts_of_units import UNITS, repeated

LENGTH = 10_000
MILLISECONDS = 5
# Functions that do not process a whole text in production: one creates a reply for every fourth character,
# the other generates keys one by one, of which at most 42 are used.
LEFT_OUT = {"threads.flatten", "query.keys"}
# Functions that all callers call with shorter texts: a chunk, or the part used for ranking.
LENGTHS = {"letters.fold": 2_000, "letters.fold, accents": 2_000}
HEADER = ["function", "characters", "worst unit", "ms", "to reach"]
NOTE = f"""
CPU time of one call with a text of {LENGTH:,} characters, the best of three calls. Each text repeats one
unit; the table shows the unit of {len(UNITS)} that takes longest. tests/unit/test_work_on_text.py shows that
the work is proportional to the length of the text.
"""


def lines() -> list[list[str]]:
    """Return a line for each function that processes text of users."""
    return [_line(name) for name in READERS if name not in LEFT_OUT]


def write(rows: list[list[str]], machine: str) -> None:
    report.write("text", f"{machine}\n{NOTE}\n{report.table(HEADER, rows)}\n\n{report.counted(rows)}")


def _line(name: str) -> list[str]:
    length = LENGTHS.get(name, LENGTH)
    took, unit = max((_milliseconds(name, repeated(unit, length)), unit) for unit in UNITS)
    verdict = "reached" if took <= MILLISECONDS else "missed"
    shown = unit.encode("unicode_escape").decode().replace("|", "\\|").replace("`", "'")
    return [name, f"{length:,}", f"`{shown}`", f"{took:.2f}", f"at most {MILLISECONDS} ms: {verdict}"]


def _milliseconds(name: str, text: str) -> float:
    best = float("inf")
    for _ in range(3):
        began = time.process_time()
        quietly(READERS[name], text)
        best = min(best, time.process_time() - began)
        if best * 1000 < MILLISECONDS / 5:
            break
    return best * 1000
