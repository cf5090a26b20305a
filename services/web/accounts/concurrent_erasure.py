"""Errors of requests during which an account is erased."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.sessions.backends.base import CreateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError
from django.http import Http404
from psycopg.errors import ForeignKeyViolation


@contextmanager
def interrupting_session() -> Iterator[None]:
    """Raise SessionInterrupted, which is a 400 page, if the user of the session to save was erased.

    `SessionStore.create` would otherwise repeat the INSERT for ever.
    """
    try:
        yield
    except (IntegrityError, CreateError) as error:
        cause = error.__context__ if isinstance(error, CreateError) else error
        if cause is not None and isinstance(cause.__cause__, ForeignKeyViolation):
            raise SessionInterrupted("The account of this session was erased.") from error
        raise


@contextmanager
def not_found() -> Iterator[None]:
    """Raise Http404 if the account that the request changes was erased."""
    try:
        yield
    except ObjectDoesNotExist as error:
        raise Http404 from error
