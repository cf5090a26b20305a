"""Query budgets: declared at the view, counted by the middleware, and logged when exceeded."""

import logging

import pytest
from django.contrib.postgres.signals import get_citext_oids, get_hstore_oids
from django.db import connection
from django.http import HttpResponse
from django.urls import path

from observability import budgets
from observability.budgets import declared, query_budget


@query_budget(2)
def greedy(request, queries):
    for number in range(queries):
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s + 1", [number])
    return HttpResponse("done")


def free(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("done")


urlpatterns = [path("greedy/<int:queries>/", greedy, name="greedy"), path("free/", free)]


@pytest.fixture
def pages(settings, client):
    settings.ROOT_URLCONF = __name__
    return client


def test_request_within_the_budget_logs_nothing(pages, db, exceeded_budgets, caplog):
    pages.get("/greedy/2/")

    assert exceeded_budgets == []
    assert "its budget" not in caplog.text


def test_exceeded_budget_is_signalled_with_its_statements(pages, db, exceeded_budgets):
    pages.get("/greedy/3/")

    assert exceeded_budgets == ["greedy: 3 queries, its budget is 2\n  3x SELECT %s + 1"]
    exceeded_budgets.clear()


def test_exceeded_budget_is_logged_once_a_minute_without_values(
    pages, db, exceeded_budgets, caplog, monkeypatch
):
    caplog.set_level(logging.WARNING)
    now = 1000.0
    monkeypatch.setattr(budgets.time, "monotonic", lambda: now)
    for _ in range(3):
        pages.get("/greedy/3/")
    now += 61
    pages.get("/greedy/3/")
    reported = [record.getMessage() for record in caplog.records if record.name == "observability.budgets"]

    assert reported == ["greedy made 3 queries, its budget is 2: 3x SELECT %s + 1"] * 2
    exceeded_budgets.clear()


def test_view_without_a_budget_has_no_count(pages, db):
    assert "X-Query-Count" not in pages.get("/free/").headers


def test_statements_of_savepoints_are_not_counted():
    tally = budgets.Tally()
    for sql in ("SAVEPOINT a", "RELEASE SAVEPOINT a", "SELECT  1\n"):
        tally(lambda *args: None, sql, None, False, {})

    assert tally.statements == {"SELECT 1": 1}


def test_staff_sees_the_count_and_others_do_not(browser_of, member, alice):
    chief = browser_of(member("chief", is_staff=True))

    assert chief.get("/chats/").headers["X-Query-Count"] == "3/3"
    assert chief.get("/chats/").headers["X-Query-Count"] == "1/3"
    assert "X-Query-Count" not in browser_of(alice).get("/chats/").headers


def test_every_view_of_bobbin_has_a_budget():
    own = {name for name, _ in budgets.views() if not name.startswith("admin:")}

    assert {"home", "chats:inbox", "accounts:login"} <= own
    assert own == set(declared()), "add @query_budget to the view, as its outermost decorator"


def test_declared_budget_has_the_name_of_its_view(pages):
    assert declared() == {"greedy": 2}


def test_queries_of_a_request_are_measured_beside_the_budget(pages, db, counted, exceeded_budgets):
    pages.get("/greedy/2/")
    pages.get("/greedy/3/")
    exceeded_budgets.clear()

    assert counted("bobbin_request_db_queries_sum", view="greedy") == 5
    assert counted("bobbin_request_db_queries_bucket", view="greedy", le="2.0") == 1
    assert counted("bobbin_request_db_seconds_count", view="greedy") == 2
    assert counted("bobbin_request_db_seconds_sum", view="greedy") > 0
    assert counted("bobbin_query_budget_exceeded_total", view="greedy") == 1


def test_budgets_are_published_as_metrics(counted):
    budgets.publish_budgets()

    assert counted("bobbin_query_budget", view="chats:inbox") in {0, 3}  # Another test may have set it.
    assert counted("bobbin_query_budget_exceeded_total", view="chats:inbox") == 0


@pytest.mark.parametrize(("queries", "suspected"), [(9, 0), (10, 1), (30, 1)])
def test_statement_repeated_ten_times_counts_as_repeated_queries(
    pages, db, counted, exceeded_budgets, queries, suspected
):
    pages.get(f"/greedy/{queries}/")
    exceeded_budgets.clear()

    assert counted("bobbin_repeated_queries_total", view="greedy") == suspected


@pytest.mark.django_db(transaction=True)
def test_queries_that_open_a_connection_are_not_counted(pages, exceeded_budgets):
    connection.close()
    for oids in (get_hstore_oids, get_citext_oids):
        oids.cache_clear()
    pages.get("/greedy/2/")

    assert get_hstore_oids.cache_info().misses == 1
    assert exceeded_budgets == []
