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
