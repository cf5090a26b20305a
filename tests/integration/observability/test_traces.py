"""Traces that real servers send to a receiver of OTLP over HTTP. Without the setting they import nothing."""

import contextlib
import gzip
import os
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.conf import settings
from django.db import connection

from tests.integration.observability.conftest import WEB, answers, free_port, running, until
from tests.support.http_client.connection import fetch

# As in the image, the packages are in a folder of their own (scripts/bootstrap.sh traces).
(PACKAGES,) = WEB.parents[1].glob(".venv-traces/lib/python3*/site-packages")
sys.path.append(str(PACKAGES))
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2  # noqa: E402

TEXT, SEARCHED = "marzipan", "umbrellaword"
ROUTE = "/chats/with/<username:username>/"
LOADED = "import sys, config.{}; print([name for name in sys.modules if 'opentelemetry' in name])"


class Receiver(ThreadingHTTPServer):
    """Keeps every span with the name of its service."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.spans = []
        self.url = f"http://127.0.0.1:{self.server_port}"

    def of(self, name):
        return [span for _, span in self.spans if span.name == name]


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        assert self.path == "/v1/traces"
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        for of_resource in trace_service_pb2.ExportTraceServiceRequest.FromString(body).resource_spans:
            service = text_of(of_resource.resource.attributes)["service.name"]
            for scope in of_resource.scope_spans:
                self.server.spans += [(service, span) for span in scope.spans]
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


def text_of(attributes):
    return {entry.key: entry.value.string_value or entry.value.int_value for entry in attributes}


@pytest.fixture
def receiver():
    with Receiver() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def start(receiver, transactional_db, static_files, tmp_path):
    """Return a function that starts a server and returns its address. The end of the test stops them."""
    with contextlib.ExitStack() as ending:

        def start(configuration, bind):
            port = free_port()
            env = os.environ | {
                "POSTGRES_DB": connection.settings_dict["NAME"], "STATIC_ROOT": str(static_files),
                "REDIS_URL": str(settings.CACHES["default"]["LOCATION"]), bind: f"127.0.0.1:{port}",
                "WEB_WORKERS": "1", "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / bind),
                "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url, "TRACES_PACKAGES": str(PACKAGES),
                "OTEL_BSP_SCHEDULE_DELAY": "100",
            }  # fmt: skip
            ending.enter_context(running(["gunicorn", "--config", configuration], env, tmp_path / "log"))
            until(lambda: answers(port), "server")
            return f"http://127.0.0.1:{port}"

        yield start


def test_trace_of_a_page_joins_the_request_with_its_sql_and_redis(
    start, receiver, alice, bob, write, cookies_of
):
    write(alice, bob, TEXT)
    web = start("gunicorn.conf.py", "WEB_BIND")
    forged = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}

    assert TEXT in fetch(web, "GET", "/chats/with/alice/?at=1", cookies_of(bob) | forged).text
    (request,) = until(lambda: receiver.of(f"GET {ROUTE}"), "span of the request")

    children = [span for _, span in receiver.spans if span.parent_span_id == request.span_id]
    systems = {text_of(span.attributes)["db.system.name"] for span in children}
    assert systems == {"postgresql", "redis"}
    assert {span.trace_id for span in children} == {request.trace_id}
    assert text_of(request.attributes)["http.response.status_code"] == 200
    assert request.parent_span_id == b"", "a client cannot choose the trace"


def test_spans_contain_no_names_texts_ids_or_keys(start, receiver, alice, bob, write, browser_of, cookies_of):
    message = write(alice, bob, TEXT)
    web, cookies = start("gunicorn.conf.py", "WEB_BIND"), cookies_of(bob)
    pages = [
        "/chats/with/alice/?at=1",
        f"/chats/search/?q={SEARCHED}",
        f"/{SEARCHED}/",
        f"/chats/message/{message.pk}/",
    ]

    for page in pages:
        fetch(web, "GET", page, cookies | {"User-Agent": "Browser of bob"})
    until(lambda: receiver.of("GET /chats/search/"), "span of the search")
    until(lambda: len([span for _, span in receiver.spans if not span.parent_span_id]) == len(pages), "spans")

    sent = "\n".join(str(span) for _, span in receiver.spans)
    personal = [TEXT, SEARCHED, str(message.pk), alice.username, bob.username, "127.0.0.1", "Browser of"]
    personal.append(cookies["Cookie"].split("=")[1][:20])
    assert [value for value in personal if re.search(rf"\b{value}\b", sent)] == []


def test_trace_of_a_stream_ends_at_its_admission_and_contains_its_sql(start, receiver):
    events = start("gunicorn_events.conf.py", "EVENTS_BIND")

    unknown = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={'a' * 32}"}
    until(lambda: fetch(events, "GET", "/readyz").status == 200, "subscription")

    assert fetch(events, "GET", "/events/", unknown).status == 401
    (request,) = until(lambda: receiver.of("GET /events/"), "span of the request")

    assert {service for service, _ in receiver.spans} == {"bobbin-events"}
    children = [span for _, span in receiver.spans if span.parent_span_id == request.span_id]
    assert {text_of(span.attributes)["db.system.name"] for span in children} == {"postgresql", "redis"}
    assert text_of(request.attributes)["http.response.status_code"] == 401


@pytest.mark.parametrize("module", ["wsgi", "asgi"])
def test_without_the_setting_nothing_of_opentelemetry_is_imported(module):
    env = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(module)],
        cwd=WEB,
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == "[]"
