"""A local port that forwards to a Service, so that requests have an allowed host name."""

import contextlib
import socket
import subprocess
import threading
import time


class Forward:
    """Forwards directly to a Service if it is reachable from here, otherwise with `kubectl port-forward`."""

    def __init__(self, kubectl: list[str], service: str, address: str, port: int) -> None:
        self.to = (address, port)
        self.process: subprocess.Popen | None = None
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        if _answers(self.to):
            threading.Thread(target=self._accept, daemon=True).start()
        else:
            self.listening.close()
            self.process = subprocess.Popen(
                [*kubectl, "port-forward", f"service/{service}", f"{self.port}:{port}"]
            )
            until = time.monotonic() + 20
            while not _answers(("127.0.0.1", self.port)):
                assert time.monotonic() < until, "kubectl port-forward does not answer"
                time.sleep(0.2)

    def close(self) -> None:
        self.listening.close()
        if self.process:
            self.process.terminate()
            self.process.wait(10)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # `close` closed the listening socket.
            while True:
                visitor, _ = self.listening.accept()
                threading.Thread(target=self._lead, args=(visitor,), daemon=True).start()

    def _lead(self, visitor: socket.socket) -> None:
        try:
            inside = socket.create_connection(self.to, timeout=10)
        except OSError:
            visitor.close()
            return
        inside.settimeout(None)
        for source, goal in ((visitor, inside), (inside, visitor)):
            threading.Thread(target=_copy, args=(source, goal), daemon=True).start()


def _copy(source: socket.socket, goal: socket.socket) -> None:
    with contextlib.suppress(OSError):  # One side closed its connection, so close the other.
        while said := source.recv(65536):
            goal.sendall(said)
    for end in (source, goal):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def _answers(address: tuple[str, int]) -> bool:
    try:
        socket.create_connection(address, timeout=2).close()
    except OSError:
        return False
    return True
