"""gunicorn's ASGI protocol, changed so that a client that sends no complete request is disconnected.

gunicorn waits for the first request of a connection without a limit. In production a proxy sends only
complete requests; `make run` has no proxy.
"""

import asyncio

from gunicorn.asgi.protocol import ASGIProtocol
from gunicorn.workers import gasgi

HEAD_SECONDS = 15.0  # Limit for the head of the first request, however its bytes are distributed.


class Protocol(ASGIProtocol):  # type: ignore[misc]  # gunicorn has no types
    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self.worker.loop.call_later(HEAD_SECONDS, self.close_without_request)

    def close_without_request(self) -> None:
        if self.req_count <= 1 and self._awaiting_request:
            self.transport.close()


def install() -> None:
    """Make gunicorn's ASGI worker use this protocol. The worker has no setting for it."""
    gasgi.ASGIProtocol = Protocol
