"""Querysets that are compiled to SQL once. For most pages, compiling takes longer than the query itself."""

from collections import namedtuple
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from django.db import connections
from django.db.models import QuerySet

# Placeholders for the arguments while a queryset is compiled. No id is this large, and no query of the code
# contains the texts. `accounts.names.key` returns them unchanged.
PLACES = range(2**62, 2**62 + 10)
TEXT_PLACES = [f"place{number}" for number in range(10)]


class _Compiled(NamedTuple):
    sql: str
    parameters: Sequence[Any]

    def filled(self, arguments: Sequence[Any]) -> list[Any]:
        return [_filled(parameter, arguments) for parameter in self.parameters]


def _filled(parameter: Any, arguments: Sequence[Any]) -> Any:
    """Return a parameter, or the argument that belongs to a placeholder."""
    if isinstance(parameter, int) and parameter in PLACES:
        # Keep the type: Django wraps some integers in a type of psycopg, such as Int8.
        return type(parameter)(arguments[parameter - PLACES.start])
    return arguments[TEXT_PLACES.index(parameter)] if parameter in TEXT_PLACES else parameter


class CompiledQuery:
    """A compiled query. Calls may differ only in arguments that are integers, texts or None.

    `build` receives the arguments and returns a queryset that ends in `values_list(..., named=True)`. The
    instance calls it with placeholders, once for each combination of types of arguments, so nothing else in
    the queryset may vary. Calling the instance runs the query and returns named tuples. Their values come
    from psycopg, without Django's converters.
    """

    def __init__(self, build: Callable[..., QuerySet[Any]]) -> None:
        self.build = build
        self._compiled: dict[tuple[Any, ...], _Compiled] = {}
        self._row: Callable[[tuple[Any, ...]], Any] | None = None

    def __call__(self, *arguments: int | str | None, using: str = "default") -> list[Any]:
        shape = (using, *map(type, arguments))
        compiled = self._compiled.get(shape)
        if compiled is None:
            compiled = self._compiled[shape] = self._compile(using, arguments)
        with connections[using].cursor() as cursor:
            cursor.execute(compiled.sql, compiled.filled(arguments))
            if self._row is None:
                names = [column.name for column in cursor.description]
                row: Any = namedtuple("Row", names)  # type: ignore[misc]
                self._row = partial(tuple.__new__, row)
            return list(map(self._row, cursor.fetchall()))

    def _compile(self, using: str, arguments: Sequence[int | str | None]) -> _Compiled:
        places = [
            None if given is None else (TEXT_PLACES if isinstance(given, str) else PLACES)[number]
            for number, given in enumerate(arguments)
        ]
        queryset = self.build(*places)
        sql, parameters = queryset.query.get_compiler(using).as_sql()
        if any(place is not None and place not in parameters for place in places):
            raise ValueError("Every argument has to be a parameter of the SQL.")
        return _Compiled(sql, parameters)
