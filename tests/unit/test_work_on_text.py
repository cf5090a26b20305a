"""The work on any text of users grows linearly with its length. The tests count steps, not times.

The counting code is in tests/support/counting. `make bench ARGS="--only text"` measures milliseconds.
"""

import ast
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.counting import planted
from tests.support.counting.readers import MODULES, NOT_MEASURED, READERS, TEXTS, quietly
from tests.support.counting.texts_of_units import UNITS, of_all_scripts, repeated
from tests.support.counting.work import counted

LENGTH = 160
MOST = 2.5  # Highest ratio of steps between a text and one of half its length.
SMALL = 400  # Steps that are negligible: an immediate refusal, or one pass over the text.
# Lengths for functions that treat long texts differently: a name gets a digest, an excerpt is cut.
LENGTHS = {
    "lookalikes.group": 320,
    "excerpts.begin, long": 320,
    "formatting.heading": 320,
    "list_rows.unread_rows": 320,
    "snippets.snippet": 320,
    "snippets.snippet, own words": 320,
}
WEB = Path(__file__).parents[2] / "services/web"
# The apps below these handle keys and numbers, not texts of users.
APPS = {path.parent.name for path in WEB.glob("*/__init__.py")} - {"caching", "config", "observability"}


@pytest.fixture(scope="module")
def work():
    limit, parse = sys.getrecursionlimit(), sys.modules["messaging.search.parse"]
    sys.setrecursionlimit(10_000)
    with counted(*MODULES, planted.__name__) as work, pytest.MonkeyPatch.context() as patch:
        patch.setattr(parse, "LONGEST", 10**6)  # Disable the limit: the parser must be linear.
        yield work
    sys.setrecursionlimit(limit)


def steps(work, reader, text: str) -> int:
    work.steps = 0
    quietly(reader, text)
    return work.steps


def grown(work, reader, unit: str, length: int, before: str = "", after: str = "") -> float:
    """Return the ratio of the steps for a text of twice the length to those for this length."""
    quietly(reader, repeated(unit, length, before, after))  # Fill the caches before the measurement.
    short, long = (steps(work, reader, repeated(unit, n, before, after)) for n in (length, 2 * length))
    return long / max(short, SMALL)


@pytest.mark.parametrize("name", READERS)
def test_work_on_a_text_twice_as_long_is_at_most_two_and_a_half_times(work, name):
    found = {unit: grown(work, READERS[name], unit, LENGTHS.get(name, LENGTH)) for unit in UNITS}

    assert {unit: ratio for unit, ratio in found.items() if ratio > MOST} == {}


def test_work_on_nested_items_before_empty_lines_is_linear(work):
    """Each of the items may be the first of a list, so the lines after all of them are looked at for each."""
    read = READERS["formatting.formatted"]
    short, long = ("".join("\t" * n + "- a\n" for n in range(items)) + "\n" * 60 * items for items in (8, 16))
    quietly(read, short)

    assert steps(work, read, long) / steps(work, read, short) <= MOST


LETTERS = st.one_of(st.sampled_from(UNITS), st.sampled_from(of_all_scripts()))
ENDS = st.one_of(st.just(""), st.sampled_from(UNITS))


@settings(max_examples=50, deadline=None, derandomize=True)
@given(unit=st.lists(LETTERS, min_size=1, max_size=6).map("".join), before=ENDS, after=ENDS, data=st.data())
def test_work_on_any_text_twice_as_long_is_at_most_two_and_a_half_times(work, unit, before, after, data):
    name = data.draw(st.sampled_from(sorted(READERS)))

    assert grown(work, READERS[name], unit, LENGTHS.get(name, LENGTH), before, after) <= MOST, name


@pytest.mark.parametrize(
    ("function", "unit", "length"),
    [
        (planted.end_of_address, ")", LENGTH),
        (planted.end_of_address, "]", LENGTH),
        (planted.without_blanks, " ", LENGTH),
        (planted.without_blanks, "\u2028", LENGTH),
        (planted.composed, "\u0301\u0323", LENGTH),
        (planted.composed, "\u094d\u093c", LENGTH),
        (planted.folded, "ab", LENGTH),
        (planted.joined, "a", LENGTH),
        (planted.first_of_each, "a", LENGTH),
        (planted.has_words, "a", 5),
    ],
)
def test_work_that_is_not_linear_is_found(work, function, unit, length):
    assert grown(work, function, unit, length, after="?") > MOST


def test_every_function_that_reads_text_is_measured(work):
    """A function with a text among its parameters must run in READERS or be listed in NOT_MEASURED."""
    work.run.clear()
    for reader in READERS.values():
        for text in ("from:x a", 'https://é.example/ "or" after:x', repeated("e\u0301", 2 * LENGTH)):
            quietly(reader, text)
    not_measured = set().union(*NOT_MEASURED.values())

    missing = functions_with_texts() - work.run - not_measured
    assert not missing, f"add to READERS in tests/support/counting/readers.py, or to NOT_MEASURED: {missing}"
    assert not_measured - functions_with_texts() == set(), "these are gone"


def functions_with_texts() -> set[str]:
    """Return module and name of every function of these apps that has a text among its parameters."""
    found = set()
    for path in WEB.rglob("*.py"):
        module = ".".join(path.relative_to(WEB).with_suffix("").parts).removesuffix(".__init__")
        if module.split(".")[0] in APPS and ".migrations." not in module:
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.FunctionDef) and TEXTS & {one.arg for one in _parameters(node)}:
                    found.add(f"{module}.{node.name}")
    return found


def _parameters(node: ast.FunctionDef) -> list[ast.arg]:
    return [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
