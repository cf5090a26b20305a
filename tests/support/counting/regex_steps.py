"""A backtracking matcher for the patterns of `re` and `regex`, which counts its steps.

It uses the syntax tree that the package parses from a pattern, and tries the alternatives in the same order
as the package. work.py compares each match with that of the package, so a wrong count cannot pass unnoticed.
"""

import re
from functools import cache, lru_cache
from re import _compiler, _parser
from typing import Any

import regex
from regex import _regex_core as core

INFINITE = 2**32


class Steps:
    """State of one attempt: the text, the groups matched so far and the number of steps."""

    def __init__(self, text: str) -> None:
        self.text, self.groups, self.count = text, {}, 0


def steps_of_search(pattern: Any, text: str, start: int) -> tuple[int, tuple[int, int] | None]:
    """Return the number of steps from `start` to the first match, and the span of the match or None."""
    run, node = Steps(text), _compiled(pattern)
    for place in range(start, len(text) + 1):
        run.count += 1
        end = node(run, place, _identity)
        if end is not None:
            return run.count, (place, end)
    return run.count, None


def steps_of_match(pattern: Any, text: str, start: int, *, full: bool) -> tuple[int, tuple[int, int] | None]:
    """Return the number of steps of `match` or `fullmatch` at `start`, and the span of the match or None."""
    run = Steps(text)
    found = _compiled(pattern)(run, start, _at_end(len(text)) if full else _identity)
    return run.count + 1, None if found is None else (start, found)


def _identity(place: int) -> int:
    return place


def _at_end(length: int) -> Any:
    return lambda place: place if place == length else None


@cache
def _compiled(pattern: Any) -> Any:
    if isinstance(pattern, re.Pattern):
        return _sequence(
            [_of_re(item, pattern.flags) for item in _parser.parse(pattern.pattern, pattern.flags)]
        )
    source = core.Source(pattern.pattern)
    info = core.Info(pattern.flags, source.char_type, {})
    source.ignore_space = bool(pattern.flags & regex.VERBOSE)
    return _of_regex(core._parse_pattern(source, info))


def _of_re(item: tuple, flags: int) -> Any:
    name, value = str(item[0]), item[1]
    if name in {"LITERAL", "NOT_LITERAL", "ANY", "IN"}:
        return _class(repr(item), flags, lambda: [item])
    if name == "AT":
        return _place(str(value))
    if name == "BRANCH":
        return _branch([_all(part, flags) for part in value[1]])
    if name == "SUBPATTERN":
        group, add, remove, part = value
        return _group(group, _all(part, (flags | add) & ~remove))
    if name in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}:
        least, most, part = value
        return _repeat(_all(part, flags), least, int(most), name.split("_")[0])
    if name == "ATOMIC_GROUP":
        return _atomic(_all(value, flags))
    if name in {"ASSERT", "ASSERT_NOT"}:
        behind = value[1].getwidth()[0] if value[0] < 0 else 0
        return _lookaround(_all(value[1], flags), behind, name == "ASSERT")
    assert name == "GROUPREF", name
    return _reference(value)


_classes: dict[tuple[str, int], Any] = {}


def _class(written: str, flags: int, items: Any) -> Any:
    """Return a node for one character, which the package compares. Cached: patterns share many classes."""
    if (written, flags) not in _classes:
        one = _compiler.compile(_parser.SubPattern(_parser.State(), items()), flags)
        _classes[written, flags] = _character(lambda letter: one.match(letter) is not None)
    return _classes[written, flags]


def _all(items: Any, flags: int) -> Any:
    return _sequence([_of_re(item, flags) for item in items])


def _of_regex(node: Any) -> Any:
    if isinstance(node, core.Sequence):
        return _sequence([_of_regex(item) for item in node.items])
    if isinstance(node, core.Branch):
        return _branch([_of_regex(item) for item in node.branches])
    if isinstance(node, core.Group):
        return _group(int(node.group) if node.group else None, _of_regex(node.subpattern))
    if isinstance(node, core.Atomic):
        return _atomic(_of_regex(node.subpattern))
    if isinstance(node, core.GreedyRepeat):
        kind = {core.LazyRepeat: "MIN", core.PossessiveRepeat: "POSSESSIVE"}.get(type(node), "MAX")
        most = INFINITE if node.max_count is None else node.max_count
        return _repeat(_of_regex(node.subpattern), node.min_count, most, kind)
    if isinstance(node, core.RefGroup):
        return _reference(int(node.group))
    if isinstance(node, core.LookAround):
        # Every lookbehind in our patterns has a width of one character.
        return _lookaround(_of_regex(node.subpattern), int(node.behind), node.positive)
    if isinstance(node, core.StartOfString):
        return _place("AT_BEGINNING")
    if isinstance(node, core.Grapheme):
        return _grapheme
    if isinstance(node, core.AnyAll):
        return _character(lambda letter: True)
    return _character(lambda letter: node.matches(ord(letter)))


def _character(matches: Any) -> Any:
    known = lru_cache(None)(matches)

    def node(run: Steps, place: int, then: Any) -> int | None:
        run.count += 1
        return then(place + 1) if place < len(run.text) and known(run.text[place]) else None

    node.known = known
    return node


def _sequence(nodes: list) -> Any:
    if len(nodes) == 1:
        return nodes[0]

    def node(run: Steps, place: int, then: Any, at: int = 0) -> int | None:
        # Consecutive single characters need no recursion.
        while at < len(nodes) and hasattr(nodes[at], "known"):
            place = nodes[at](run, place, _identity)
            if place is None:
                return None
            at += 1
        if at == len(nodes):
            return then(place)
        return nodes[at](run, place, lambda reached: node(run, reached, then, at + 1))

    return node


def _branch(nodes: list) -> Any:
    def node(run: Steps, place: int, then: Any) -> int | None:
        for each in nodes:
            run.count += 1
            if (end := each(run, place, then)) is not None:
                return end
        return None

    return node


def _group(number: int | None, inner: Any) -> Any:
    if number is None:
        return inner

    def node(run: Steps, place: int, then: Any) -> int | None:
        def after(reached: int) -> int | None:
            before, run.groups[number] = run.groups.get(number), (place, reached)
            if (end := then(reached)) is None:
                run.groups[number] = before
            return end

        return inner(run, place, after)

    return node


def _repeat(inner: Any, least: int, most: int, kind: str) -> Any:
    if kind == "POSSESSIVE":
        return _atomic(_repeat(inner, least, most, "ITERATED"))

    def many(run: Steps, place: int, then: Any) -> int | None:
        """Match repetitions that cannot be backtracked into: single characters and atomic groups."""
        ends = [place]
        while len(ends) <= most and (end := inner(run, ends[-1], _identity)) not in {None, ends[-1]}:
            ends.append(end)
        for end in reversed(ends[least:]):
            run.count += 1
            if (found := then(end)) is not None:
                return found
        return None

    if kind == "ITERATED" or (kind == "MAX" and hasattr(inner, "known")):
        return many

    def node(run: Steps, place: int, then: Any, done: int = 0) -> int | None:
        run.count += 1

        def again() -> int | None:
            if done == most:
                return None
            return inner(run, place, lambda end: None if end == place else node(run, end, then, done + 1))

        if done < least:
            return again()
        first, second = (again, lambda: then(place)) if kind == "MAX" else (lambda: then(place), again)
        return end if (end := first()) is not None else second()

    return node


def _atomic(inner: Any) -> Any:
    def node(run: Steps, place: int, then: Any) -> int | None:
        end = inner(run, place, _identity)
        return None if end is None else then(end)

    return node


def _lookaround(inner: Any, behind: int, wanted: bool) -> Any:
    def node(run: Steps, place: int, then: Any) -> int | None:
        start = place - behind
        found = start >= 0 and inner(run, start, _identity) is not None
        return then(place) if found == wanted else None

    return node


def _reference(number: int) -> Any:
    def node(run: Steps, place: int, then: Any) -> int | None:
        start, end = run.groups[number]
        run.count += end - start
        same = run.text.startswith(run.text[start:end], place)
        return then(place + end - start) if same else None

    return node


def _place(name: str) -> Any:
    def node(run: Steps, place: int, then: Any) -> int | None:
        run.count += 1
        if name.startswith("AT_BEGINNING"):
            return then(place) if place == 0 else None
        assert name == "AT_END", name
        return then(place) if run.text[place:] in {"", "\n"} else None

    return node


def _grapheme(run: Steps, place: int, then: Any) -> int | None:
    found = regex.compile(r"\X").match(run.text, place)
    run.count += len(found[0]) if found else 1
    return then(found.end()) if found else None
