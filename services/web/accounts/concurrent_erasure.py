"""Errors of requests during which an account is erased, or a session ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.sessions.backends.base import CreateError, UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError, IntegrityError
from django.http import Http404
from psycopg.errors import ForeignKeyViolation


@contextmanager
def interrupting_session() -> Iterator[None]:
    """Raise SessionInterrupted, which is a 400 page, if the session to save has ended or its user was erased.

    `SessionStore.create` would otherwise repeat the INSERT for ever.
    """
    try:
        yield
    except UpdateError as error:
        raise SessionInterrupted("This session has ended.") from error
    except (IntegrityError, CreateError) as error:
        cause = error.__context__ if isinstance(error, CreateError) else error
        if cause is not None and isinstance(cause.__cause__, ForeignKeyViolation):
            raise SessionInterrupted("The account of this session was erased.") from error
        raise


@contextmanager
def existing(row: Any, message: str) -> Iterator[None]:
    """Raise DoesNotExist with this message if the save of the row updates none, because it was deleted."""
    try:
        yield
    except DatabaseError as error:
        if type(error) is not DatabaseError or error.__cause__ is not None:
            raise  # An error of PostgreSQL.
        raise type(row).DoesNotExist(message) from error


@contextmanager
def not_found() -> Iterator[None]:
    """Raise Http404 if a row that the request needs is not there, or no longer, such as an erased account."""
    try:
        yield
    except ObjectDoesNotExist as error:
        raise Http404 from error
