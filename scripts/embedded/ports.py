"""Checks whether a port is free, and whether the web server answers on it."""

import http.client
import os
import socket

from scripts.embedded.errors import Failure


def port_beside(name: str, port: str, distance: int, host: str = "127.0.0.1") -> str:
    """Return the port in the environment variable `name`.

    If it is not set, return `port` + `distance`, or any free port if that one is in use.
    """
    chosen = os.environ.get(name)
    if chosen:
        check_port(host, chosen, name)
        return chosen
    beside = int(port) + distance
    with socket.socket(_family(host)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, beside if beside < 65536 else 0))
        except OSError:
            probe.bind((host, 0))
        return str(probe.getsockname()[1])


def check_port(host: str, port: str, name: str = "PORT") -> None:
    """Raise Failure unless this process can listen on the port."""
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise Failure(f"{name}={port} is not a port; choose a number from 1 to 65535.")
    with socket.socket(_family(host)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except socket.gaierror:
            raise Failure(f"HOST={host} is not an address of this machine, such as 127.0.0.1.") from None
        except OSError as error:
            other = f"make run {name}={int(port) + 1}"
            raise Failure(
                f"port {port} of {host} cannot be used ({error.strerror}); choose another: {other}"
            ) from None


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def answers(host: str, port: int) -> bool:
    # Not urllib: it would use a proxy from the environment.
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
