"""Metrics of requests.

Each request counts once, clients cannot choose label values, and an error in a metric fails no request.
"""

import re

import pytest
from django.contrib import admin
from django.http import Http404, HttpResponse
from django.urls import path
from django_prometheus.middleware import Metrics
from prometheus_client import REGISTRY

from observability import budgets, measuring, metrics


def quick(request, number=0):
    return HttpResponse("done")


def broken(request):
    raise RuntimeError("It is meant to.")


def nowhere(request):
    raise Http404


urlpatterns = [
    path("quick/<int:number>/", quick, name="quick"),
    path("broken/", broken, name="broken"),
    path("nowhere/", nowhere, name="nowhere"),
]
REQUESTS, LATENCY = "bobbin_http_requests_total", "django_http_requests_latency_seconds_by_view_method_count"


@pytest.fixture
def pages(settings, client):
    settings.ROOT_URLCONF = __name__
    client.raise_request_exception = False
    return client


def test_a_request_counts_once_by_view_method_and_status(pages, counted):
    pages.get("/quick/1/")
    pages.post("/quick/2/")
    pages.get("/quick/3/")

    assert counted(REQUESTS, view="quick", method="GET", status="200") == 2
    assert counted(REQUESTS, view="quick", method="POST", status="200") == 1
    assert counted("bobbin_http_request_seconds_count", view="quick") == 3
    assert counted("bobbin_request_db_queries_count", view="quick") == 3


def test_requests_without_a_view_count_as_other_or_static(pages, counted):
    pages.get("/made/up/")
    pages.get("/static/made-up")

    assert counted(REQUESTS, view="other", method="GET", status="404") == 1
    assert counted(REQUESTS, view="static", method="GET", status="404") == 1


def test_probes_are_not_counted(client, counted):
    client.get("/healthz")

    assert counted(REQUESTS, view="other", method="GET", status="200") == 0
    assert counted("django_http_requests_before_middlewares_total") == 0


@pytest.mark.parametrize("method", ["FOOBAR", "TRACE", "PROPFIND", "PUT"])
def test_unsupported_method_is_refused_and_not_counted(pages, counted, method):
    response = pages.generic(method, "/quick/1/")

    assert response.status_code == 405
    assert response.headers["Allow"] == ", ".join(measuring.METHODS)
    assert counted("django_http_requests_before_middlewares_total") == 0
    assert counted(REQUESTS, view="other", method=method, status="405") == 0


@pytest.mark.parametrize(("view", "status"), [("broken", "500"), ("nowhere", "404")])
def test_an_exception_is_counted_once_and_so_is_its_time(pages, counted, view, status):
    pages.get(f"/{view}/")

    assert counted(REQUESTS, view=view, method="GET", status=status) == 1
    assert counted("bobbin_http_request_seconds_count", view=view) == 1
    assert counted(LATENCY, view=view, method="GET") == 1
    assert counted("django_http_exceptions_total_by_view_total", view=view) == 1
    assert counted("bobbin_requests_in_progress") == 0


def test_request_in_progress_is_shown(pages, counted, monkeypatch):
    seen = []

    def note(*args):
        seen.append(counted("bobbin_requests_in_progress"))

    monkeypatch.setattr(budgets.QueryBudgetMiddleware, "process_view", note)
    pages.get("/quick/1/")

    assert seen == [1]
    assert counted("bobbin_requests_in_progress") == 0


@pytest.mark.parametrize(
    "metric", [metrics.REQUESTS, metrics.SECONDS, metrics.QUERIES, metrics.DB_SECONDS], ids=lambda m: m._name
)
def test_error_in_a_metric_fails_no_request(pages, monkeypatch, caplog, metric):
    def fail(*labels):
        raise OSError("No space left on device")

    monkeypatch.setattr(metric, "labels", fail)

    assert pages.get("/quick/1/").content == b"done"
    assert pages.get("/quick/1/").content == b"done"
    assert caplog.text.count("the metrics lack it") <= 1


@pytest.mark.parametrize("name", ["responses_by_status", "requests_latency_by_view_method"])
def test_error_in_a_metric_of_django_prometheus_fails_no_request(pages, monkeypatch, name):
    class Broken:
        def labels(self, **labels):
            raise OSError("No space left on device")

    monkeypatch.setattr(Metrics.get_instance(), name, Broken())

    assert pages.get("/quick/1/").content == b"done"


def test_metrics_of_django_prometheus_keep_their_meaning(client, counted):
    form = {"username": "alice"}
    response = client.post("/accounts/login/", form, HTTP_X_REQUESTED_WITH="XMLHttpRequest")
    status = str(response.status_code)
    where = {"view": "accounts:login", "method": "POST"}

    assert counted("django_http_requests_before_middlewares_total") == 1
    assert counted("django_http_responses_before_middlewares_total") == 1
    assert counted("django_http_requests_latency_including_middlewares_seconds_count") == 1
    assert counted("django_http_requests_total_by_method_total", method="POST") == 1
    assert counted("django_http_requests_total_by_transport_total", transport="http") == 1
    assert (
        counted("django_http_requests_total_by_view_transport_method_total", transport="http", **where) == 1
    )
    assert counted("django_http_responses_total_by_status_view_method_total", status=status, **where) == 1
    assert counted("django_http_responses_total_by_charset_total", charset="utf-8") == 1
    assert counted("django_http_requests_latency_seconds_by_view_method_count", **where) == 1
    assert counted("django_http_requests_body_total_bytes_count") == 1
    assert counted("django_http_responses_body_total_bytes_sum") > 1_000
    assert counted("django_http_ajax_requests_total") == 1


def test_invalid_content_length_is_no_server_error(pages):
    assert pages.get("/quick/1/", CONTENT_LENGTH="many").status_code == 200


def test_web_does_not_serve_the_metrics(client, counted):
    assert client.get("/metrics").status_code == 404
    assert counted(REQUESTS, view="other", method="GET", status="404") == 1


def test_every_label_of_a_view_is_in_the_url_configuration(client, alice, browser_of):
    def requests_by_view():
        samples = metrics.SECONDS.collect()[0].samples
        return {sample.labels["view"]: sample.value for sample in samples if sample.name.endswith("_count")}

    before, browser = requests_by_view(), browser_of(alice)
    for page in ("/", "/chats/", "/accounts/", "/admin/login/", "/nowhere/"):
        browser.get(page)
    seen = {view for view, number in requests_by_view().items() if number > before.get(view, 0)}

    assert seen == {"home", "chats:inbox", "accounts:account", "admin:login", "other"}
    assert seen - {"other"} <= {name for name, _ in budgets.views()}


def admin_addresses():
    """Yield the address of every page of the administration, with an invented key where one is needed."""
    for pattern in admin.site.get_urls():
        nested = getattr(pattern, "url_patterns", [pattern])
        prefix = str(pattern.pattern) if nested != [pattern] else ""
        for page in nested:
            yield "/admin/" + re.sub(r"<[^>]+>|\(\?P.*?\)", "1", f"{prefix}{page.pattern}").strip("^$")


def test_refused_pages_of_the_administration_share_one_series(client, db, counted):
    for method in measuring.METHODS:  # The series of each method, in whichever order the tests run.
        client.generic(method, "/admin/")
    before = sum(len(metric.samples) for metric in REGISTRY.collect())

    for address in admin_addresses():
        for method in measuring.METHODS:
            client.generic(method, address)

    # There is one series for each method and status, but none for each page.
    assert sum(len(metric.samples) for metric in REGISTRY.collect()) - before < 200
    assert counted("bobbin_http_request_seconds_count", view="admin:accounts_user_changelist") == 0


def test_admitted_pages_of_the_administration_count_by_view(admin_client, counted):
    admin_client.get("/admin/accounts/user/")

    assert counted("bobbin_http_request_seconds_count", view="admin:accounts_user_changelist") == 1
