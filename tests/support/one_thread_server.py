"""The server of the fixture `live_server`, with one thread that keeps its database connection.

Django's own starts a thread for each request, which opens a connection, and so a process of PostgreSQL.
"""

from django.core.servers.basehttp import WSGIServer


class OneThreadServer(WSGIServer):
    def __init__(self, *args, connections_override=None, **kwargs) -> None:
        super().__init__(*args, **kwargs)
