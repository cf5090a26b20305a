"""Every page of the admin makes the same number of queries for 1, 10, 100 and 1,000 rows."""

from functools import partial

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

LISTS = {model._meta.label_lower.replace(".", "/"): model for model in admin.site._registry}
# Lists in which only a whole name finds rows. In the others most rows contain `A_LETTER`.
SEARCH = dict.fromkeys(
    ("admin/logentry", "messaging/conversation", "messaging/message", "notifications/notification"), "bob"
)
A_LETTER = "o"
FOUND_BY_ID = {"messaging/messagehistory"}  # The search finds only the rows of one message.
NOT_DELETED = {"admin/logentry", "messaging/conversation", "messaging/messagehistory"}
DELETED = LISTS.keys() - NOT_DELETED


@pytest.fixture
def chief(member, browser_of):
    ContentType.objects.get_for_models(*LISTS.values())  # This query is made once per process.
    return browser_of(member("chief", is_staff=True, is_superuser=True))


@pytest.fixture
def grow(growth):
    """Return a function that adds rows to everything that the administration shows."""

    def add(count):
        names = [f"person{growth.people_made + n}" for n in range(count)]
        growth.people(count), growth.replies(count), growth.edits(count), growth.edits(count, growth.own)
        Group.objects.bulk_create(Group(name=f"group of {name}") for name in names)
        seen = {
            "ip_address": "192.0.2.1",
            "path_info": "/",
            "http_accept": "",
            "attempt_time": timezone.now(),
        }
        tried = seen | {"get_data": "", "post_data": "", "failures_since_start": 1}
        AccessAttempt.objects.bulk_create(AccessAttempt(username=name, **tried) for name in names)
        AccessLog.objects.bulk_create(AccessLog(username=name, **seen) for name in names)
        AccessFailureLog.objects.bulk_create(AccessFailureLog(username=name, **seen) for name in names)
        for what in (growth.root, growth.alice):
            change = {"content_type": ContentType.objects.get_for_model(what), "object_id": str(what.pk)}
            LogEntry.objects.bulk_create(
                LogEntry(user=growth.bob, action_flag=CHANGE, **change) for _ in range(count)
            )

    return add


def _busy(growth, name):
    """Return the key of a row with growing related rows, if the model has any."""
    busy = {"messaging/message": growth.root, "accounts/user": growth.alice}
    return (busy.get(name) or LISTS[name]._default_manager.order_by("pk").first()).pk


def test_lists_make_the_same_number_of_queries_searched_and_filtered(chief, grow, slopes):
    grow(1)
    pages = [f"/admin/{name}/{page}" for name in LISTS for page in _variants(chief, name)]

    assert slopes(grow, {page: partial(chief.get, page) for page in pages}) == {}
    rows = {name: len(_changelist(chief, name, _search(name)).result_list) for name in LISTS}
    assert {name for name, shown in rows.items() if shown < 50} <= FOUND_BY_ID


def _search(name):
    return f"?q={SEARCH.get(name, A_LETTER)}"


def _changelist(chief, name, query=""):
    return chief.get(f"/admin/{name}/{query}").context["cl"]


def _variants(chief, name):
    cl = _changelist(chief, name)
    filters = [list(spec.choices(cl))[-1]["query_string"] for spec in cl.filter_specs]
    return ["", _search(name), "?all=&_facets=True", *filters]


def test_pages_of_one_row_make_the_same_number_of_queries(chief, grow, slopes, growth):
    grow(1)
    pages = [
        f"/admin/{name}/{_busy(growth, name)}/{page}/" for name in LISTS for page in ("change", "history")
    ]

    assert slopes(grow, {page: partial(chief.get, page) for page in pages}) == {}


def test_confirmations_of_deletions_make_the_same_number_of_queries(chief, grow, slopes, growth):
    grow(1)
    pages = {}
    for name in DELETED:
        pk = growth.own.pk if name == "messaging/message" else _busy(growth, name)
        everything = {"action": "delete_selected", "_selected_action": [pk], "select_across": "1"}
        pages[f"delete {name}"] = partial(chief.get, f"/admin/{name}/{pk}/delete/")
        pages[f"delete all {name}"] = partial(chief.post, f"/admin/{name}/", everything)

    assert slopes(grow, pages) == {}


def test_start_page_makes_the_same_number_of_queries(chief, grow, slopes):
    assert slopes(grow, {"start": partial(chief.get, "/admin/")}) == {}
