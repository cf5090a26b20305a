"""Strict parsing of environment variables. An invalid value stops the start with one clear message."""

import os
import re
import sys
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from environs import Env, EnvError

env = Env()
LARGEST = 2**31 - 1  # Maximum of PostgreSQL's integer settings.
NO_HOST = re.compile(r"[\s/]|^[^:]*:\d*$|\]:")  # Matches a value with a path, a scheme or a port.
ORIGIN = re.compile(r"https?://[^/\s]+")
URL = re.compile(r"https?://[^\s/]\S*|/(?![/\\])\S*")
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")


def stop(message: str) -> NoReturn:
    """Exit with one line. A traceback would hide which setting is wrong."""
    sys.exit(f"Bobbin cannot start: {message}")


def secret(name: str, default: str | None = None) -> str:
    """Return the value of `NAME`, or the content of the file in `NAME_FILE`.

    Without a default, one of the two must be set.
    """
    path = os.environ.get(f"{name}_FILE")
    if not path:
        found = os.environ.get(name) or default
        return stop(f"set {name}, or {name}_FILE to a file that holds it.") if found is None else found
    if os.environ.get(name):
        stop(f"both {name} and {name}_FILE are set; keep one.")
    try:
        value = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        stop(f"{name}_FILE={path} cannot be read: {error}")
    return value if value else stop(f"{name}_FILE={path} is empty.")


def flag(name: str, default: bool) -> bool:
    """Return a boolean setting."""
    value: bool = _parsed("bool", name, default, f"true or false ({str(default).lower()} when it is not set)")
    return value


def number(name: str, default: int, least: int = 0, most: int = LARGEST) -> int:
    """Return an integer setting from `least` to `most`."""
    wanted = f"a whole number from {least} to {most} ({default} when it is not set)"
    value: int = _parsed("int", name, default, wanted)
    return value if least <= value <= most else refuse(name, wanted)


def text(name: str, default: str | None = None) -> str:
    """Return a string setting, which must not be empty. Without a default, it must be set."""
    value = os.environ.get(name, default)
    if value is None:
        stop(f"set {name}; docs/operations.md says to what.")
    return value if value.strip() else stop(f"{name} is empty; set it, or remove it for its default.")


def short_text(name: str, default: str, most: int) -> str:
    """Return a setting of one line with at most `most` characters. It may be empty if its default is."""
    value = os.environ.get(name, default).strip() if not default else text(name, default).strip()
    if len(value) > most or not value.isprintable():
        stop(f"{name} has {len(value)} characters; it can have {most}, in one line of printable text.")
    return value


def link(name: str, *, or_address: bool = False) -> str:
    """Return a URL, or "" if it is not set. With `or_address`, an e-mail address becomes a `mailto:` URL."""
    value = short_text(name, "", 500)
    if or_address and ADDRESS.fullmatch(value):
        return f"mailto:{quote(value, safe='@+')}"
    wanted = "a URL that begins with https://, http:// or /"
    if value and not URL.fullmatch(value):
        refuse(name, f"an e-mail address, or {wanted}" if or_address else wanted)
    return value


def choice(name: str, default: str, options: tuple[str, ...]) -> str:
    """Return the option that the setting names, in any case."""
    value = text(name, default)
    found = [option for option in options if option.lower() == value.lower()]
    wanted = f"{', '.join(options[:-1])} or {options[-1]}"
    return found[0] if found else stop(f"{name} is {value!r}; it can be {wanted}.")


def zone(name: str, default: str) -> str:
    """Return the name of a time zone of the IANA database."""
    value = text(name, default)
    try:
        return ZoneInfo(value).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        refuse(
            name, f"a time zone of the IANA database, such as Europe/Berlin ({default} when it is not set)"
        )


def session_days(idle_default: int, absolute_default: int) -> tuple[int, int]:
    """Return SESSION_IDLE_DAYS and SESSION_ABSOLUTE_DAYS."""
    idle = number("SESSION_IDLE_DAYS", idle_default)
    absolute = number("SESSION_ABSOLUTE_DAYS", absolute_default)
    if not 2 <= idle <= absolute <= 400:
        stop(
            f"SESSION_IDLE_DAYS is {idle} and SESSION_ABSOLUTE_DAYS is {absolute}; 2 <= SESSION_IDLE_DAYS <= "
            "SESSION_ABSOLUTE_DAYS <= 400 must hold; browsers keep no cookie longer."
        )
    return idle, absolute


def hosts(name: str) -> list[str]:
    """Return a list of host names without scheme and port. The setting must be set."""
    wanted = "host names without scheme and port, separated by commas, such as bobbin.example,localhost"
    found = _parts(os.environ[name]) if name in os.environ else stop(f"set {name} to {wanted}.")
    return found if found and not any(map(NO_HOST.search, found)) else refuse(name, wanted)


def origins(name: str) -> list[str]:
    """Return a list of origins: scheme, host and optional port."""
    found = _parts(os.environ.get(name, ""))
    wanted = "origins with their scheme, separated by commas, such as https://bobbin.example"
    return found if all(map(ORIGIN.fullmatch, found)) else refuse(name, wanted)


def _parts(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


def _parsed(kind: str, name: str, default: Any, wanted: str) -> Any:
    try:
        return getattr(env, kind)(name, default=default)
    except EnvError:
        refuse(name, wanted)


def refuse(name: str, wanted: str) -> NoReturn:
    """Exit with the value of the setting, and what it must be."""
    stop(f"{name} is {os.environ.get(name)!r}; it must be {wanted}.")
