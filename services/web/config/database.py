"""The entry of `DATABASES`, from the environment."""

import os
from typing import Any

from config.environment import flag, number, secret, stop, text


def database_settings() -> dict[str, Any]:
    """Return the settings of the connection to PostgreSQL. Stop if they contradict each other."""
    host = text("POSTGRES_HOST")
    # True for a pooler that assigns connections for one transaction: no session state may outlast a
    # transaction.
    pooler = flag("TRANSACTION_POOLER", False)
    # The operating system identifies users of a socket. A connection over a network needs a password.
    password, *next_passwords = secret(
        "POSTGRES_PASSWORD", "" if host.startswith("/") else None
    ).splitlines() or [""]
    return {
        "ENGINE": "config.postgresql",
        "HOST": host,
        "PORT": number("POSTGRES_PORT", 5432, least=1, most=65535),
        "NAME": text("POSTGRES_DB", "bobbin"),
        "USER": text("POSTGRES_USER", "bobbin"),
        "PASSWORD": password,
        # A rotation changes the password of the role while processes run (docs/decisions/0030-rotation.md).
        "NEXT_PASSWORDS": next_passwords,
        # The command that the error message for a wrong locale recommends (observability/locale.py).
        "MOVE_COMMAND": os.environ.get("POSTGRES_MOVE_COMMAND", ""),
        "CONN_MAX_AGE": number("CONN_MAX_AGE", 60),
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": pooler,
        "OPTIONS": {
            "connect_timeout": 3,
            "tcp_user_timeout": 5000,
            "application_name": "bobbin",
            **_tls(host),
            # PostgreSQL plans each statement once for each connection (docs/decisions/0006-connections.md).
            "server_side_binding": True,
            "prepare_threshold": None if pooler else 5,
            # PgBouncer rejects session options. With it, the database role has the limits.
            **({} if pooler else {"options": _session_options()}),
        },
    }


def _session_options() -> str:
    """Return the options of a database session.

    No page may occupy a worker forever; commands that need longer raise the timeouts. A generic plan is made
    once and used for all values: every query of a page can use an index. With the default costs, which are
    those of a hard disk, PostgreSQL would sort all conversations of a member
    (docs/decisions/0006-connections.md).
    """
    return (
        f"-c statement_timeout={number('STATEMENT_TIMEOUT_MS', 30_000)}"
        f" -c lock_timeout={number('LOCK_TIMEOUT_MS', 0)} -c plan_cache_mode=force_generic_plan"
        " -c random_page_cost=1.1"
    )


def _tls(host: str) -> dict[str, str]:
    """Return the TLS options of libpq. Stop if the settings are invalid or contradict each other.

    They apply to a server on the network; a socket has no TLS.
    """
    mode = os.environ.get("POSTGRES_SSLMODE", "prefer")
    root_certificate = os.environ.get("POSTGRES_SSLROOTCERT", "")
    if mode not in {"disable", "prefer", "require", "verify-ca", "verify-full"}:
        stop(f"POSTGRES_SSLMODE is {mode!r}; it can be disable, prefer, require, verify-ca or verify-full.")
    if host.startswith("/") and mode not in {"disable", "prefer"}:
        stop(f"POSTGRES_SSLMODE is {mode!r}, but POSTGRES_HOST is a folder of sockets, which have no TLS.")
    if mode.startswith("verify-") and not root_certificate:
        stop(f"POSTGRES_SSLMODE is {mode!r}; set POSTGRES_SSLROOTCERT to the CA's file, or to system.")
    if root_certificate not in {"", "system"} and not os.access(root_certificate, os.R_OK):
        stop(f"POSTGRES_SSLROOTCERT={root_certificate} cannot be read.")
    if root_certificate == "system" and mode != "verify-full":
        stop("POSTGRES_SSLROOTCERT=system needs POSTGRES_SSLMODE=verify-full.")
    return {"sslmode": mode} | ({"sslrootcert": root_certificate} if root_certificate else {})
