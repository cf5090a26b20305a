"""A mail server and an HTTP server that accept and record every notification."""

import email.policy
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from aiosmtpd.controller import Controller


class Mail(NamedTuple):
    at: float  # Seconds since the epoch.
    to: str
    subject: str
    text: str


class MailServer(Controller):
    """Listens during the `with` block. `options` are those of aiosmtpd, such as `tls_context`."""

    def __init__(self, host: str, port: int, **options: Any) -> None:
        self.mails: list[Mail] = []
        super().__init__(self, hostname=host, port=port, ready_timeout=30, **options)

    async def handle_DATA(self, server, session, envelope) -> str:
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        text = message.get_body(("plain",)).get_content().replace("\r\n", "\n")
        self.mails.append(Mail(time.time(), message["To"], message["Subject"], text))
        return "250 OK"

    def __enter__(self) -> "MailServer":
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()


class Received(NamedTuple):
    at: float
    notification: dict[str, Any]  # The JSON of Alertmanager.


class Webhook(ThreadingHTTPServer):
    """Listens during the `with` block, on a port that the system chooses."""

    def __init__(self, host: str) -> None:
        super().__init__((host, 0), _Handler)
        self.received: list[Received] = []

    @property
    def port(self) -> int:
        return self.server_address[1]

    def __enter__(self) -> "Webhook":
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Webhook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append(Received(time.time(), json.loads(body)))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Print nothing."""
