"""The application of `events` while traces are on: it makes a span for each request of a stream.

The span ends when the stream is admitted or refused. A stream stays open for minutes, and shows nothing more.
"""

from live.asgi import Application, Refused
from live.broker import Stream
from observability import tracing

ROUTE = "/events/"


class TracedApplication(Application):
    async def _admit(self, headers: dict[str, str]) -> Stream:
        with tracing.request_span("GET") as current:
            try:
                stream = await super()._admit(headers)
            except Refused as refused:
                tracing.answered(current, ROUTE, refused.status)
                raise
            tracing.answered(current, ROUTE, 200)
            return stream
