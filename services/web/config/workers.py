"""gunicorn's thread worker, changed so that a slow client blocks neither a request thread nor the poller.

In production a proxy buffers requests; `make run` has no proxy. The poller reads the rest of an incomplete
request, and waits for the client after the last response. A request thread gets only complete requests.
"""

import contextlib
import selectors
import socket
import time
from collections import deque
from concurrent.futures import Future
from functools import cache, partial
from typing import Any

from gunicorn.workers import gthread

from config.framing import MAX_BODY, MAX_HEAD, Framing, LengthRequired, Refused

READ_SECONDS = 15.0  # Limit for a complete request, however its bytes are distributed.
WRITE_SECONDS = 10.0  # Limit for a client that does not read its response.
FIRST_DATA_SECONDS = 0.005  # After this time the poller waits for the data, which occupies no thread.
# Time for the client to close the connection after the last response (RFC 9112, section 9.6). gunicorn would
# wait in the poller for each connection, and block the worker during this time.
# A browser that is still sending a large form shows the response only if the server reads on.
LINGER_SECONDS, LINGER_BYTES = 2.0, 4 * MAX_BODY
TOO_LARGE = (
    "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Type: text/html; charset=utf-8\r\n"
)
LENGTH_REQUIRED = b"HTTP/1.1 411 Length Required\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

_INCOMPLETE = object()


class Worker(gthread.ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    def init_process(self) -> None:
        # Connections in the order of their `timeout`, the earliest first.
        self.incomplete: deque[Any] = deque()
        self.lingering: deque[Any] = deque()
        super().init_process()

    def load_wsgi(self) -> None:
        super().load_wsgi()
        _too_large()  # Rendered now, because an error in the poller would stop this worker.

    def set_accept_enabled(self, enabled: bool) -> None:
        """When the worker stops, serve the waiting connections and refuse new ones.

        gunicorn would leave both in the backlog until the worker ends. nginx repeats a refused POST at
        another server, but not one that it has sent.
        """
        super().set_accept_enabled(enabled)
        if not self.alive:
            for listener in self.sockets:
                served = -1
                while listener.sock and served != self.nr_conns:
                    served = self.nr_conns
                    self.accept(listener)
                listener.close()

    def handle(self, conn: Any) -> Any:
        """Handle a complete request in this thread. Return an incomplete one to the poller."""
        if not getattr(conn, "is_complete", False):
            if not conn.initialized and not conn.wait_for_data(FIRST_DATA_SECONDS):
                return gthread._DEFER
            try:
                if not Framing(_peek(conn)).is_complete:
                    return _INCOMPLETE
            except Refused as refused:
                _refuse(conn, refused)
                return False
            except OSError:
                return False
        conn.is_complete = False
        return super().handle(conn)

    def handle_request(self, req: Any, conn: Any) -> Any:
        conn.sock.settimeout(WRITE_SECONDS)
        return super().handle_request(req, conn)

    def finish_request(self, conn: Any, fs: Future[Any]) -> None:
        result = None if fs.cancelled() or fs.exception() else fs.result()
        if result is _INCOMPLETE:
            self.read_on(conn)
        elif result:
            super().finish_request(conn, fs)
        else:
            self.linger(conn)

    def read_on(self, conn: Any) -> None:
        """Read the rest of the request in the poller, for at most `READ_SECONDS`."""
        conn.init()
        conn.framing = Framing(conn.parser.unreader.take_buffered())
        self._wait_for(conn, self.incomplete, READ_SECONDS, self.on_incomplete_readable)

    def on_incomplete_readable(self, conn: Any, client: Any) -> None:
        data = _receive(client)
        if data is None:
            return
        try:
            is_complete = conn.framing.add(data)
        except Refused as refused:
            self._stop_waiting(conn, self.incomplete)
            _refuse(conn, refused)
            self.linger(conn)
            return
        if is_complete:
            self._stop_waiting(conn, self.incomplete)
            conn.parser.unreader.unread(bytes(conn.framing.data))
            conn.is_complete = conn.data_ready = True
            self.enqueue_req(conn)
        elif not data:
            self._stop_waiting(conn, self.incomplete)
            self._close(conn)

    def linger(self, conn: Any) -> None:
        """Close the connection when the client has closed it, or after `LINGER_SECONDS`."""
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._close(conn)
            return
        conn.received = 0
        self._wait_for(conn, self.lingering, LINGER_SECONDS, self.on_lingering_readable)

    def on_lingering_readable(self, conn: Any, client: Any) -> None:
        data = _receive(client)
        conn.received += len(data or b"")
        if data == b"" or conn.received > LINGER_BYTES:
            self._stop_waiting(conn, self.lingering)
            self._close(conn)

    def murder_pending(self) -> None:
        """Close connections whose timeout has passed. gunicorn calls this once a second."""
        super().murder_pending()
        for waiting in (self.incomplete, self.lingering):
            while waiting and waiting[0].timeout <= time.monotonic():
                conn = waiting[0]
                self._stop_waiting(conn, waiting)
                self._close(conn)

    def _wait_for(self, conn: Any, waiting: deque[Any], seconds: float, readable: Any) -> None:
        conn.sock.setblocking(False)
        conn.timeout = time.monotonic() + seconds
        waiting.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(readable, conn))

    def _stop_waiting(self, conn: Any, waiting: deque[Any]) -> None:
        waiting.remove(conn)
        self.poller.unregister(conn.sock)

    def _close(self, conn: Any) -> None:
        self.nr_conns -= 1
        conn.close()


def _peek(conn: Any) -> bytes:
    """Return the bytes of the request that have arrived, without consuming them or waiting for more."""
    buffered = conn.parser.unreader.buf.getvalue() if conn.parser else b""
    # With a timeout on the socket, Python waits for data even with MSG_DONTWAIT.
    conn.sock.setblocking(False)
    try:
        received: bytes = conn.sock.recv(MAX_HEAD, socket.MSG_PEEK)
        return buffered + received
    except BlockingIOError:
        return buffered


def _receive(client: socket.socket) -> bytes | None:
    """Return the bytes that have arrived: empty if the client disconnected, None if there are none yet."""
    try:
        return client.recv(64 * 1024)
    except BlockingIOError:
        return None
    except OSError:
        return b""


def _refuse(conn: Any, refused: Refused) -> None:
    """Send 411 or 413 without waiting. A client that has not read previous responses does not get it."""
    with contextlib.suppress(OSError):
        conn.sock.setblocking(False)
        conn.sock.send(LENGTH_REQUIRED if isinstance(refused, LengthRequired) else _too_large())


@cache
def _too_large() -> bytes:
    from chats.views.errors import too_large  # Only the loaded application has templates.

    body: bytes = too_large().content
    return f"{TOO_LARGE}Content-Length: {len(body)}\r\n\r\n".encode() + body
