"""The snippets of deploy/proxies pass on client, scheme and events, and no client can forge its address."""

import http.client
import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

from tests.deployment.proxies.programs import DOMAIN, SNIPPETS, running, unverified
from tests.support.nginx_site import free_port, nginx_before

FORGED = {"X-Forwarded-For": "203.0.113.66", "X-Forwarded-Proto": "http"}
THAT_RETRY = [name for name in SNIPPETS if name != "nginx.conf"]


class Application(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        names = ("X-Forwarded-For", "X-Forwarded-Proto", "Host")
        body = json.dumps([self.headers[name] for name in names]).encode()
        self.send_response(200)
        if self.path == "/events/":
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(b"data: first\n\n")
            self.server.read.wait(30)  # The stream stays open until the client has the event.
        else:
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    do_HEAD = do_POST = do_GET

    def log_message(self, *message):
        """The test needs no log."""


def serve(port=0):
    server = ThreadingHTTPServer(("127.0.0.1", port), Application)
    server.read = threading.Event()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def opened(url, path, headers=None, source="127.0.0.1", method="GET"):
    """Return the response of the proxy at this address of this machine, before its body is read."""
    port = urlsplit(url).port
    connection = http.client.HTTPConnection(DOMAIN)
    line = socket.create_connection(("127.0.0.1", port), timeout=30, source_address=(source, 0))
    connection.sock = unverified().wrap_socket(line, server_hostname=DOMAIN)
    connection.request(method, path, headers=headers or {})
    return connection.getresponse()


@pytest.fixture(scope="module", params=SNIPPETS)
def proxy(request, tmp_path_factory):
    server = serve()
    port, folder = server.server_port, tmp_path_factory.mktemp("proxy")
    with (
        nginx_before(tmp_path_factory.mktemp("bobbin"), port, port) as site,
        running(request.param, folder, site) as url,
    ):
        yield url, server
    server.shutdown()


def test_application_sees_the_client_the_scheme_and_the_host(proxy):
    assert json.load(opened(proxy[0], "/", FORGED, source="127.0.0.3")) == ["127.0.0.3", "https", DOMAIN]


def test_events_arrive_while_the_stream_is_open(proxy):
    url, server = proxy
    response = opened(url, "/events/")
    assert response.readline() == b"data: first\n"
    server.read.set()


@pytest.mark.parametrize("proxy", ["cloudflare.Caddyfile"], indirect=True)
@pytest.mark.parametrize(("source", "client"), [("127.0.0.1", "203.0.113.9"), ("127.0.0.3", "127.0.0.3")])
def test_client_of_cloudflare_is_believed_only_from_cloudflare(proxy, source, client):
    headers = FORGED | {"CF-Connecting-IP": "203.0.113.9"}
    assert json.load(opened(proxy[0], "/", headers, source=source))[0] == client


@pytest.mark.parametrize("name", THAT_RETRY)
def test_request_waits_while_nginx_is_replaced(name, tmp_path):
    port, answers = free_port(), []
    with running(name, tmp_path, port) as url:
        post = threading.Thread(target=lambda: answers.append(opened(url, "/", method="POST").status))
        post.start()
        time.sleep(2)  # Longer than nginx needs to start.
        server = serve(port)
        post.join(30)
        server.shutdown()
    assert answers == [200]
