"""What the environment says, parsed strictly: a wrong value stops the start with one clear message."""

import os
import sys
from pathlib import Path
from typing import NoReturn

from environs import Env, EnvError

env = Env()


def stop(message: str) -> NoReturn:
    """End the process: a traceback would only hide which setting is wrong."""
    sys.exit(f"Bobbin cannot start: {message}")


def secret(name: str, default: str | None = None) -> str:
    """Read `NAME`, or the file that `NAME_FILE` names; without a default one of the two must be set."""
    path = os.environ.get(f"{name}_FILE")
    if not path:
        value = os.environ.get(name, default)
        return value if value else _missing(name, default)
    if os.environ.get(name):
        stop(f"both {name} and {name}_FILE are set; keep one.")
    try:
        value = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        stop(f"{name}_FILE={path} cannot be read: {error}")
    return value if value else stop(f"{name}_FILE={path} is empty.")


def check_tls(mode: str, root_certificate: str, host: str) -> None:
    """Stop unless these settings of TLS to PostgreSQL can do what they say."""
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


def _missing(name: str, default: str | None) -> str:
    return default if default is not None else stop(f"set {name}, or {name}_FILE to a file that holds it.")


class Strict:
    """environs' parsers, whose errors become one line on the terminal."""

    def __getattr__(self, kind: str):
        parse = getattr(env, kind)

        def read(name: str, *args, **kwargs):
            try:
                return parse(name, *args, **kwargs)
            except EnvError as error:
                stop(f"the setting {name} is wrong or missing: {error}")

        return read


strict = Strict()
