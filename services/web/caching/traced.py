"""The cache backend while traces are on: it makes a span for each call of Redis."""

from collections.abc import Callable
from typing import Any

from opentelemetry.trace import SpanKind

from caching import backend
from caching.read_counts import ERROR
from observability import tracing


class RedisCache(backend.RedisCache):
    def _call(self, call: Callable[..., Any], *args: Any, **kwargs: Any) -> tuple[Any, str | None]:
        if not tracing.is_traced():
            return super()._call(call, *args, **kwargs)
        operation = getattr(call, "__name__", "execute")
        attributes = {"db.system.name": "redis", "db.operation.name": operation}
        # The family of the key, not the key, which contains the id of a user or of a session.
        if key := next((value for value in args if isinstance(value, str)), None):
            attributes["bobbin.cache_family"] = self.family(key)
        with tracing.span(f"redis {operation}", SpanKind.CLIENT, attributes) as current:
            result, failure = super()._call(call, *args, **kwargs)
            if failure:
                current.set_attribute("bobbin.cache_result", failure)
            if failure == ERROR:
                tracing.failed(current, "RedisError")
            return result, failure
