"""A query for each row fails a test, inside and outside requests. A query for all rows does not."""

import pytest
from django.http import HttpResponse
from django.urls import path
from zeal import NPlusOneError

from messaging.models import Message


def names(request):
    return HttpResponse(", ".join(message.sender.username for message in Message.objects.all()))


def names_at_once(request):
    messages = Message.objects.with_people()
    return HttpResponse(", ".join(message.sender.username for message in messages))


def reload(request):
    pks = Message.objects.values_list("pk", flat=True)
    return HttpResponse(", ".join(Message.objects.get(pk=pk).content for pk in pks))


urlpatterns = [path("names/", names), path("names-at-once/", names_at_once), path("reload/", reload)]


@pytest.fixture
def pages(settings, client, alice, bob, write_many):
    settings.ROOT_URLCONF = __name__
    write_many(alice, bob, 2)
    return client


@pytest.mark.parametrize(("page", "what"), [("names", r"Message\.sender"), ("reload", r"Message\.get\(\)")])
def test_page_with_a_query_for_each_row_fails_its_test(pages, page, what):
    with pytest.raises(NPlusOneError, match=what):
        pages.get(f"/{page}/")


def test_page_with_one_query_passes(pages):
    for _ in range(3):  # Requests are counted separately.
        assert pages.get("/names-at-once/").content == b"alice, alice"


def test_loop_with_queries_outside_a_request_fails_too(pages):
    with pytest.raises(NPlusOneError, match=r"Message\.sender"):
        names(None)
    with pytest.raises(NPlusOneError, match=r"Message\.sender"):
        [message.sender.username for message in Message.objects.all()]
