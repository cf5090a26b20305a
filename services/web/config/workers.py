"""gunicorn's worker of threads, in which a client that does not finish its request holds no page's thread.

A proxy sees to that in production; `make run` has none. A request that is not whole when it is looked at is
read by a thread of its own kind, within a time and a size; a page's thread gets it when it is whole.
"""

import re
import socket
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from gunicorn.workers import gthread

READERS = 32  # Slow requests that one worker reads at once. They wait, and cost nothing else.
READ_SECONDS = 15.0  # For a whole request, however its bytes are spread.
WRITE_SECONDS = 10.0  # For a client that does not take its answer.
FIRST_DATA_SECONDS = 0.005  # Then the poller waits for it, which holds no thread.
MOST_HEAD, MOST_BODY = 64 * 1024, 512 * 1024  # nginx takes half of it.
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*\r\n", re.I)
CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.I)
TOO_LARGE = b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

_SLOW = object()


class TooLarge(Exception):
    """The request is larger than any page needs."""


def is_whole(data: bytes) -> bool:
    """Return whether `data` holds a whole request, or one that gunicorn refuses without reading on."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        if len(data) > MOST_HEAD:
            raise TooLarge
        return False
    head, body = data[: end + 2], len(data) - end - 4
    if CHUNKED.search(head):
        if body > MOST_BODY:
            raise TooLarge
        return data.endswith(b"0\r\n\r\n")
    length = LENGTH.search(head)
    wanted = int(length[1]) if length else 0
    if wanted > MOST_BODY:
        raise TooLarge
    return body >= wanted


class Worker(gthread.ThreadWorker):
    def init_process(self) -> None:
        self.readers = ThreadPoolExecutor(READERS, thread_name_prefix="slow")
        super().init_process()

    def handle(self, conn: Any) -> Any:
        """Handle a whole request in this thread; leave one that is not to the readers or the poller."""
        if not getattr(conn, "is_whole", False):
            if not conn.initialized and not conn.wait_for_data(FIRST_DATA_SECONDS):
                return gthread._DEFER
            try:
                if not is_whole(_arrived(conn)):
                    return _SLOW
            except TooLarge:
                return _refuse(conn)
            except OSError:
                return False
        conn.is_whole = False
        return super().handle(conn)

    def handle_request(self, req: Any, conn: Any) -> Any:
        conn.sock.settimeout(WRITE_SECONDS)
        return super().handle_request(req, conn)

    def finish_request(self, conn: Any, fs: Future) -> None:
        if fs.cancelled() or fs.exception() or fs.result() is not _SLOW:
            super().finish_request(conn, fs)
            return
        reading = self.readers.submit(_read_on, conn)
        reading.add_done_callback(lambda done: self.method_queue.defer(self.read, conn, done))

    def read(self, conn: Any, done: Future) -> None:
        """Handle the request that a reader has read, or close the connection."""
        if not done.exception() and done.result():
            conn.is_whole = conn.data_ready = True
            self.enqueue_req(conn)
        else:
            self.nr_conns -= 1
            conn.close()


def _buffered(conn: Any) -> bytes:
    return conn.parser.unreader.buf.getvalue() if conn.parser else b""


def _arrived(conn: Any) -> bytes:
    """What has arrived of the request, without taking it."""
    try:
        waiting = conn.sock.recv(MOST_HEAD, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        waiting = b""
    return _buffered(conn) + waiting


def _read_on(conn: Any) -> bool:
    """Read until the request is whole; False when the client is too slow, gone, or sends too much."""
    until = time.monotonic() + READ_SECONDS
    conn.sock.setblocking(True)
    conn.init()
    data = bytearray(conn.parser.unreader.take_buffered())
    try:
        while not is_whole(bytes(data)):
            left = until - time.monotonic()
            if left <= 0:
                return False
            conn.sock.settimeout(left)
            piece = conn.sock.recv(64 * 1024)
            if not piece:
                return False
            data += piece
    except TooLarge:
        return _refuse(conn)
    except OSError:  # A time-out too.
        return False
    conn.parser.unreader.unread(bytes(data))
    return True


def _refuse(conn: Any) -> bool:
    conn.sock.settimeout(1)
    conn.sock.sendall(TOO_LARGE)
    return False
