"""The check that the database has the encoding and the locale that Bobbin needs.

It tests behaviour, not names of locales (docs/decisions/0018-database-locale.md).
"""

import shlex
from typing import Any

# Bobbin's names and search set their collation. Django and its packages use UPPER with that of the database.
SMALL, CAPITAL = "iéяω", "IÉЯΩ"
DATABASE = """
SELECT getdatabaseencoding(), current_database(),
  CASE datlocprovider WHEN 'b' THEN 'builtin ' WHEN 'i' THEN 'icu ' ELSE 'libc ' END
    || coalesce(datlocale, datcollate)
FROM pg_database WHERE datname = current_database()
"""
LETTERS = "SELECT upper(%s::text), lower(%s::text)"


def broken_rule(cursor: Any) -> str:
    """Return the reason why Bobbin refuses this database, or "". Makes at most two queries.

    `cursor` is a cursor of Django or a connection of psycopg.
    """
    encoding, name, locale = cursor.execute(DATABASE).fetchone()
    if encoding != "UTF8":
        return f"the database {name} has the encoding {encoding}, and Bobbin needs UTF8"
    if cursor.execute(LETTERS, [SMALL, CAPITAL]).fetchone() != (CAPITAL, SMALL):
        return (
            f"the database {name} has the locale {locale}, which does not turn {SMALL} into {CAPITAL} "
            "and back; Bobbin needs builtin C.UTF-8, or another that does"
        )
    return ""


def refusal(reason: str, settings: dict[str, Any]) -> str:
    """Return one line: the reason, and the command that moves the data into a suitable database.

    `settings` is one of DATABASES.
    """
    command = settings.get("MOVE_COMMAND")
    if not command:
        libpq = {"PGHOST": settings["HOST"], "PGPORT": settings["PORT"], "PGUSER": settings["USER"]}
        reported = " ".join(f"{name}={shlex.quote(str(value))}" for name, value in libpq.items())
        command = f"{reported} sh deploy/postgres/move.sh {shlex.quote(settings['NAME'])}"
    return f"{reason}. Stop everything that uses it, then run: {command}"
