"""Querysets that become SQL once: for most pages that takes longer than PostgreSQL does to answer."""

from collections import namedtuple
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from django.db import connections
from django.db.models import QuerySet

# Stand in the SQL for the arguments until these are known; no id comes near.
PLACES = range(2**62, 2**62 + 10)


class _Compiled(NamedTuple):
    sql: str
    parameters: Sequence[Any]

    def filled(self, arguments: Sequence[Any]) -> list[Any]:
        return [
            # Django gives some numbers a type of PostgreSQL.
            type(given)(arguments[given - PLACES.start])
            if isinstance(given, int) and given in PLACES
            else given
            for given in self.parameters
        ]


class Prepared:
    """A query for rows that differs from call to call in whole numbers only, or in whether one is None.

    `build` makes the queryset of such numbers; it ends in `values_list(..., named=True)`. It is called once,
    with other numbers in their place, so nothing else in it may change either. Calling the instance runs the
    query and returns its rows: named tuples, with values as PostgreSQL gives them.
    """

    def __init__(self, build: Callable[..., QuerySet]) -> None:
        self.build = build
        self._compiled: dict[tuple, _Compiled] = {}
        self._row: Callable[[tuple], Any] | None = None

    def __call__(self, *arguments: int | None, using: str = "default") -> list[Any]:
        shape = (using, *(argument is None for argument in arguments))
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

    def _compile(self, using: str, arguments: Sequence[int | None]) -> _Compiled:
        places = [None if given is None else place for given, place in zip(arguments, PLACES, strict=False)]
        queryset = self.build(*places)
        sql, parameters = queryset.query.get_compiler(using).as_sql()
        if any(place is not None and place not in parameters for place in places):
            raise ValueError("Every argument has to be a parameter of the SQL.")
        return _Compiled(sql, parameters)
