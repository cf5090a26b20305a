"""Connection pools of django-redis."""

from typing import Any

from django_redis import pool


class ConnectionFactory(pool.ConnectionFactory):  # type: ignore[misc]  # django-redis has no types
    """Keeps one pool for each set of options.

    The factory of django-redis ignores the options: a second alias would get the time-outs of the first.
    """

    def get_or_create_connection_pool(self, params: dict[str, Any]) -> Any:
        key = repr((sorted(params.items(), key=lambda item: item[0]), self.options))
        if key not in self._pools:
            self._pools[key] = self.get_connection_pool(params)
        return self._pools[key]

    @classmethod
    def connections(cls) -> tuple[int, int]:
        """Return the number of connections that this process has in use, and the number of idle ones."""
        pools = list(cls._pools.values())
        return (
            sum(len(pool._in_use_connections) for pool in pools),
            sum(len(pool._available_connections) for pool in pools),
        )
