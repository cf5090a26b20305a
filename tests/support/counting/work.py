"""Counts the work of functions in steps, which are deterministic, unlike times.

`counted` replaces the code of the functions of some modules with code that also counts. It counts
iterations, the characters that each call, comparison, slice and sum reads or creates, and the steps of
regular expressions.
"""

import ast
import bisect
import contextlib
import importlib
import inspect
import re
import types
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import regex

from tests.support.counting.added_code import Counting
from tests.support.counting.regex_steps import steps_of_match, steps_of_search

OF_RE = {"sub", "search", "match", "fullmatch", "findall", "finditer"}
PATTERNS = (re.Pattern, regex.Pattern)
LAZY = {
    len, isinstance, type, getattr, hasattr, ord, chr, iter, next, range, enumerate, zip, map, reversed, id,
}  # fmt: skip
# The work of these methods does not depend on the length of their object, only on arguments and result.
CHEAP = {
    "append", "add", "isascii", "startswith", "endswith", "group", "groups", "start", "end", "span", "keys",
    "values", "items", "discard", "extend", "update",
}  # fmt: skip
TAKEN = {"get", "setdefault", "pop", "popleft"}  # They create no new value.
BISECT = {bisect.bisect_right, bisect.bisect_left, bisect.insort}


class Work:
    """Number of steps so far, and names of the functions that ran."""

    def __init__(self) -> None:
        self.steps = 0
        self.run: set[str] = set()  # The functions that ran, with their modules.

    def enter(self, name: str) -> None:
        self.run.add(name)

    def call(self, function: Callable, *args: Any, **kwargs: Any) -> Any:
        """Call a function, and count its arguments and its result unless the function counts its own work."""
        owner = getattr(function, "__self__", None)
        if isinstance(owner, PATTERNS):
            return self._of_pattern(owner, function.__name__, *args, **kwargs)
        if getattr(function, "__module__", "") == "re" and function.__name__ in OF_RE:
            pattern, *rest = args
            return self._of_pattern(re.compile(pattern), function.__name__, *rest, **kwargs)
        self.steps += 1
        if _code_of(function) in _counting_code:
            return function(*args, **kwargs)
        is_builtin = isinstance(function, types.BuiltinFunctionType | type)
        is_lazy = is_builtin and (
            function in LAZY or (function.__name__ in TAKEN and isinstance(owner, dict | list))
        )
        if not is_lazy and function not in BISECT:
            self.steps += sum(map(size, (*args, *kwargs.values())))
            if not isinstance(owner, types.ModuleType | None) and function.__name__ not in CHEAP:
                self.steps += size(owner)
        if function is unicodedata.normalize:
            self.steps += exchanges(*args)
        result = function(*args, **kwargs)
        if not is_lazy:
            self.steps += size(result)
        return result

    def made(self, value: Any) -> Any:
        """Count the size of a new value."""
        self.steps += size(value)
        return value

    def added(self, before: Any, value: Any) -> Any:
        """Count `before += value`: this copies a text, but only extends a list."""
        self.steps += size(value) + (size(before) if isinstance(before, str | bytes | tuple) else 0)
        return value

    def scanned(self, value: Any) -> Any:
        """Count a value that is searched or compared from its beginning."""
        self.steps += size(value) if isinstance(value, str | bytes | list | tuple) else 1
        return value

    def each(self, values: Iterable) -> Iterator:
        for value in values:
            self.steps += 1
            yield value

    def tick(self) -> None:
        self.steps += 1

    def _of_pattern(self, pattern: Any, name: str, *args: Any, **kwargs: Any) -> Any:
        text, start = (args[1], 0) if name == "sub" else (args[0], *args[1:2], 0)[:2]
        if name != "sub" and len(args) > 2:
            text = text[: args[2]]  # The argument `endpos` of the pattern's method.
        if name in {"sub", "findall", "finditer"}:
            found = self._found(pattern, text, start)
            if name == "finditer":
                return found
            for _ in found:
                pass
            return self.made(getattr(pattern, name)(*args, **kwargs))
        if name == "search":
            steps, where = steps_of_search(pattern, text, start)
        else:
            steps, where = steps_of_match(pattern, text, start, full=name == "fullmatch")
        self.steps += steps
        found = getattr(pattern, name)(*args, **kwargs)
        assert where == (found and found.span()), (pattern, text, start, where, found)
        return found

    def _found(self, pattern: Any, text: str, start: int) -> Iterator:
        for found in pattern.finditer(text, start):
            steps, where = steps_of_search(pattern, text, start)
            self.steps += steps
            assert where == found.span(), (pattern, text, start, where, found)
            yield found
            start = found.end()
        self.steps += steps_of_search(pattern, text, start)[0]


def _code_of(function: Any) -> Any:
    """Return the code object of a function or method, also if functools caches its results."""
    function = getattr(function, "__func__", function)
    return getattr(getattr(function, "__wrapped__", function), "__code__", None)


def size(value: Any) -> int:
    """Return the length of a text, or the length of a collection plus the lengths of the texts in it."""
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, dict):
        value = [*value.keys(), *value.values()]
    if isinstance(value, list | tuple | set | frozenset):
        return len(value) + sum(len(one) for one in value if isinstance(one, str | bytes))
    return 1


def exchanges(form: str, text: str) -> int:
    """Return how often `unicodedata.normalize` swaps two marks; it sorts those of a letter by insertion."""
    decomposed = "NFKD" if "K" in form else "NFD"
    count, run = 0, []
    for letter in "".join(unicodedata.normalize(decomposed, letter) for letter in text):
        combining = unicodedata.combining(letter)
        if not combining:
            run = []
            continue
        place = bisect.bisect_right(run, combining)
        count += len(run) - place
        run.insert(place, combining)
    return count


@contextlib.contextmanager
def counted(*modules: str) -> Iterator[Work]:
    """Make the functions of these modules count their steps in the Work that is yielded."""
    work, originals = Work(), []
    try:
        for name in modules:
            module = importlib.import_module(name)
            codes = _codes(Path(inspect.getsourcefile(module)), name)  # type: ignore[arg-type]
            module.__dict__["_work"] = work
            for function in _functions(module):
                if code := codes.get(function.__code__.co_qualname):
                    originals.append((function, function.__code__))
                    function.__code__ = code
        yield work
    finally:
        for function, code in originals:
            function.__code__ = code


_counting_code: set[types.CodeType] = set()


@cache
def _codes(path: Path, module: str) -> dict[str, types.CodeType]:
    tree = ast.fix_missing_locations(Counting(module).visit(ast.parse(path.read_text())))
    found: dict[str, types.CodeType] = {}
    # Use a file name that coverage does not measure: with coverage the tests take three times as long.
    pending = [compile(tree, f"<counted {path.name}>", "exec")]
    while pending:
        for code in pending.pop().co_consts:
            if isinstance(code, types.CodeType):
                found[code.co_qualname] = code
                pending.append(code)
    _counting_code.update(found.values())
    return found


def _functions(module: types.ModuleType) -> Iterator[types.FunctionType]:
    """Yield the functions and methods that a module defines, without their decorators."""
    spaces = [vars(module)]
    spaces += [
        vars(one)
        for one in vars(module).values()
        if inspect.isclass(one) and one.__module__ == module.__name__
    ]
    for space in spaces:
        for value in list(space.values()):
            one = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
            while hasattr(one, "__wrapped__"):
                one = one.__wrapped__
            if isinstance(one, types.FunctionType) and one.__module__ == module.__name__:
                yield one
