"""Query budgets: declared beside the view, counted by the middleware, an excess told and logged."""

import logging
from collections import Counter

import pytest
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


def test_within_the_budget_nothing_is_said(pages, db, exceeded_budgets, caplog):
    pages.get("/greedy/2/")

    assert exceeded_budgets == []
    assert "its budget" not in caplog.text


def test_an_excess_is_told_with_its_statements(pages, db, exceeded_budgets):
    pages.get("/greedy/3/")

    assert exceeded_budgets == ["greedy: 3 queries, its budget is 2\n  3x SELECT %s + 1"]
    exceeded_budgets.clear()


def test_an_excess_is_logged_once_a_minute_without_values(pages, db, exceeded_budgets, caplog, monkeypatch):
    caplog.set_level(logging.WARNING)
    now = 1000.0
    monkeypatch.setattr(budgets.time, "monotonic", lambda: now)
    for _ in range(3):
        pages.get("/greedy/3/")
    now += 61
    pages.get("/greedy/3/")
    told = [record.getMessage() for record in caplog.records if record.name == "observability.budgets"]

    assert told == ["greedy made 3 queries, its budget is 2: 3x SELECT %s + 1"] * 2
    exceeded_budgets.clear()


def test_a_view_without_a_budget_is_left_alone(pages, db):
    assert "X-Query-Count" not in pages.get("/free/").headers


def test_nested_transactions_are_no_work():
    statements: Counter = Counter()
    count = budgets._counting(statements)
    for sql in ("SAVEPOINT a", "RELEASE SAVEPOINT a", "SELECT  1\n"):
        count(lambda *args: None, sql, None, False, {})

    assert statements == {"SELECT 1": 1}


def test_staff_sees_the_count_and_others_do_not(browser_of, member, alice):
    chief = browser_of(member("chief", is_staff=True))

    assert chief.get("/chats/").headers["X-Query-Count"] == "3/3"
    assert chief.get("/chats/").headers["X-Query-Count"] == "1/3"
    assert "X-Query-Count" not in browser_of(alice).get("/chats/").headers


def test_every_view_of_ours_has_a_budget():
    ours = {name for name, _ in budgets.views() if not name.startswith("admin:")}

    assert {"home", "chats:inbox", "accounts:login"} <= ours
    assert ours == set(declared())


def test_a_budget_is_known_by_the_name_that_is_told(pages):
    assert declared() == {"greedy": 2}
