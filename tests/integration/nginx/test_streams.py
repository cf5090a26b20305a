"""One worker process of nginx answers pages while it holds as many event streams as it takes."""

import asyncio
import resource

import pytest

from tests.support.nginx_site import nginx_before

pytestmark = pytest.mark.xdist_group("nginx")
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n"


@pytest.fixture(autouse=True)
def many_files():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class Application(asyncio.Protocol):
    """Keeps a stream open, and answers every other request."""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, request):
        if b"GET /events/" in request:
            self.transport.write(RESPONSE + b"\r\n:\n\n")
        else:
            self.transport.write(RESPONSE + b"Content-Length: 0\r\n\r\n")
            self.transport.close()


async def _open(port, path, number=0):
    """Return the status of a request of a client of its own, and its connection, which stays open."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    client = f"198.18.{number // 250}.{number % 250}"
    writer.write(f"GET {path} HTTP/1.1\r\nHost: bobbin.test\r\nX-Forwarded-For: {client}\r\n\r\n".encode())
    line = await asyncio.wait_for(reader.readline(), 10)
    return int(line.split()[1]) if line else None, writer


async def _statuses(folder, streams, **settings):
    """Return the statuses of these streams, and of ten pages requested while the streams are open."""
    server = await asyncio.get_running_loop().create_server(Application, "127.0.0.1", 0, backlog=1024)
    port = server.sockets[0].getsockname()[1]
    with nginx_before(folder, port, port, NGINX_WORKERS="1", **settings) as nginx:
        opened = [await _open(nginx, "/events/", number) for number in range(streams)]
        pages = [await _open(nginx, "/", number) for number in range(10)]
        for _, writer in opened + pages:
            writer.close()
    server.close()
    return [status for status, _ in opened], [status for status, _ in pages]


def test_pages_are_served_while_2000_streams_are_open_on_one_worker(tmp_path):
    streams, pages = asyncio.run(_statuses(tmp_path, 2000))
    assert set(streams) == {200}
    assert set(pages) == {200}


def test_streams_beyond_the_limit_are_refused_and_pages_are_served(tmp_path):
    streams, pages = asyncio.run(_statuses(tmp_path, 12, NGINX_MOST_STREAMS="10"))
    assert streams == [200] * 10 + [429] * 2
    assert set(pages) == {200}
