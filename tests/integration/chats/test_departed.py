"""Pages after the counterpart was renamed, deactivated or erased, loaded without JavaScript."""

import re
from urllib.parse import quote

import pytest

from accounts.models import User
from messaging.models import Message
from notifications.models import Notification

pytestmark = pytest.mark.django_db(transaction=True)  # Invalidation of the cache happens on commit.
PASSWORD = "a-long-enough-password-1"


def change(user, **fields):
    for name, value in fields.items():
        setattr(user, name, value)
    user.save(update_fields=list(fields))


def by_admin(client, user, **fields):
    """Change the user by the form of the administration."""
    form = {"username": user.username, "email": "", "is_active": user.is_active} | fields
    data = {name: value for name, value in form.items() if value is not False}
    assert client.post(f"/admin/accounts/user/{user.pk}/change/", data).status_code == 302


@pytest.fixture
def staff(browser_of, member):
    return browser_of(member("root", is_staff=True, is_superuser=True))


@pytest.fixture
def thread(alice, bob, write):
    """Return a chain of three messages.

    bob writes, alice answers, and bob answers that. His second message is unread.
    """
    first = write(bob, alice, "driver one")
    answer = write(alice, bob, "driver two", parent_message=first)
    return [first, answer, write(bob, alice, "driver three", parent_message=answer)]


def pages_of(thread, name="bob"):
    first, answer, last = (message.pk for message in thread)
    return [
        f"/chats/with/{name}/?at={last}",
        f"/chats/with/{name}/?from={answer}",
        f"/chats/thread/{first}/?at={last}",
        f"/chats/thread/{first}/?from={last}",
        "/chats/",
        "/chats/unread/",
        "/chats/notifications/",
        "/chats/search/?q=driver",
        f"/chats/message/{first}/history/",
        f"/chats/message/{answer}/history/",
        f"/chats/message/{last}/edit/",
    ]


def test_deactivated_member_has_no_reply_link_on_any_page(browser_of, alice, bob, thread):
    client = browser_of(alice)
    links = {page: "/reply/" in client.get(page).content.decode() for page in pages_of(thread)}
    change(bob, is_active=False)
    after = {page: client.get(page).content.decode() for page in pages_of(thread)}

    assert [page for page, has in links.items() if has] == pages_of(thread)[:4]
    assert [page for page, text in after.items() if "/reply/" in text or "<textarea" in text] == []
    assert all("is deactivated: nobody can write to" in after[page] for page in pages_of(thread)[:4])


def test_own_messages_to_a_deactivated_member_keep_their_edit_link(browser_of, alice, bob, thread):
    change(bob, is_active=False)
    shown = browser_of(alice).get("/chats/with/bob/?at=1").content.decode()

    assert f"/chats/message/{thread[1].pk}/edit/" in shown
    assert f"/chats/message/{thread[2].pk}/unread/" in shown


def test_member_who_is_active_again_has_reply_links_again(browser_of, alice, bob, thread):
    client = browser_of(alice)
    change(bob, is_active=False)
    client.get("/chats/with/bob/?at=1")
    change(bob, is_active=True)

    assert client.get("/chats/with/bob/?at=1").content.decode().count("/reply/") == 3


def test_deactivated_member_is_not_offered_as_a_receiver(browser_of, alice, bob, charlie, write, thread):
    write(charlie, alice)
    change(bob, is_active=False)
    client = browser_of(alice)

    assert re.findall(r'<option value="(\w+)"', client.get("/chats/new/").content.decode()) == ["charlie"]
    assert "bob" not in client.get("/chats/people/?to=bo").content.decode()


@pytest.mark.parametrize("new", ["robert", "bob.2", "李", "Zoë"])
@pytest.mark.parametrize("way", ["admin", "save", "save all"])
def test_renamed_member_has_the_new_name_on_every_page(browser_of, alice, bob, thread, staff, new, way):
    client = browser_of(alice)
    client.cookies["script"] = "yes"  # With this cookie, showing a page marks no message as read.
    for page in pages_of(thread):
        client.get(page)  # This stores the page in the cache.
    if way == "admin":
        by_admin(staff, bob, username=new)
    elif way == "save":
        change(bob, username=new)
    else:
        bob.username = new
        bob.save()
    shown = {page: client.get(page) for page in pages_of(thread, new)}

    assert {page: answer.status_code for page, answer in shown.items() if answer.status_code != 200} == {
        f"/chats/message/{thread[2].pk}/edit/": 404  # Only bob may edit this message.
    }
    names = re.compile(rf"(?<![\w.@/]){re.escape(new)}(?![\w@])")
    old = re.compile(r"(?<![\w.@/:])bob(?![\w.@])")  # The help of the search contains "from:bob".
    good = [answer.content.decode() for answer in shown.values() if answer.status_code == 200]
    assert [text for text in good if old.search(text)] == []
    assert [text for text in good if not names.search(text)] == []


def test_notifications_say_the_present_name_after_each_rename(browser_of, alice, bob, thread):
    client = browser_of(alice)
    said = []
    for name in ("robert", "rob", "bob"):
        change(bob, username=name)
        said += re.findall(
            r"<bdi>(\w+)</bdi> · 2 new messages</a>", client.get("/chats/notifications/").content.decode()
        )

    assert said == ["robert", "rob", "bob"]


def test_rows_of_notifications_are_one_query_with_the_names(alice, bob, thread, django_assert_num_queries):
    change(bob, username="robert")
    with django_assert_num_queries(1):
        rows = list(Notification.objects.for_user(alice).rows())

    assert {row.sender_name for row in rows} == {"robert"}


@pytest.mark.parametrize("how", ["renamed", "erased", "never"])
def test_address_of_an_unused_name_says_what_may_have_happened(browser_of, alice, bob, thread, how):
    name = "unknown" if how == "never" else "bob"
    if how == "renamed":
        change(bob, username="robert")
    elif how == "erased":
        bob.delete()
    response = browser_of(alice).get(f"/chats/with/{name}/")

    assert response.status_code == 404
    said = response.content.decode()
    assert "may have been deleted" in said
    assert "another name" in said
    assert name not in said.split("<main")[1].split("</main")[0]


@pytest.mark.parametrize("name", ["alice", "ALICE", "ａｌｉｃｅ"])
def test_address_of_the_own_name_says_so(browser_of, alice, name):
    response = browser_of(alice).get(f"/chats/with/{name}/")

    assert response.status_code == 404
    assert "This is your own name." in response.content.decode()
    assert "deleted" not in response.content.decode().split("<main")[1].split("</main")[0]


@pytest.mark.parametrize(
    "page", ["thread/{}/", "message/{}/", "message/{}/history/", "message/{}/reply/", "message/{}/edit/"]
)
def test_message_of_an_erased_member_explains_that_accounts_are_deleted_with_messages(
    browser_of, alice, bob, thread, page
):
    bob.delete()
    gone = browser_of(alice).get("/chats/" + page.format(thread[0].pk))

    assert gone.status_code == 404
    assert "account" in gone.content.decode().split("<main")[1].split("</main")[0]


def test_erasure_by_the_member_is_explained_to_the_counterpart(browser_of, alice, bob, thread):
    bob.set_password(PASSWORD)
    bob.save()
    client, his = browser_of(alice), browser_of(bob)
    client.get("/chats/")
    assert his.post("/accounts/delete/", {"password": PASSWORD}).status_code == 200

    assert not User.objects.filter(username="bob").exists()
    assert not Message.objects.exists()
    assert "bob" not in client.get("/chats/").content.decode().replace("bobbin", "")
    assert "may have been deleted" in client.get("/chats/with/bob/?at=1").content.decode()


def test_cached_pages_are_stored_again_after_a_rename(browser_of, alice, bob, thread):
    client = browser_of(alice)
    change(bob, username="robert")
    hits = [[client.get(page).headers.get("X-Cache") for page in ("/chats/", "/chats/notifications/")]
            for _ in range(2)]  # fmt: skip

    assert hits == [[None, None], ["hit", "hit"]]


def fetch(client, **which):
    answer = client.get("/chats/counterpart/", which)
    assert answer.status_code == 200
    return answer.json() | ({"made": ""} if "made" in answer.json() else {})  # Each answer has another token.


def test_counterpart_is_found_by_conversation_and_by_any_spelling_of_the_name(browser_of, alice, bob, thread):
    client = browser_of(alice)
    pk = thread[0].conversation_id
    here = {
        "member": alice.pk,
        "conversation": pk,
        "name": "bob",
        "is_active": True,
        "address": "/chats/with/bob/",
        "made": "",
    }

    assert [fetch(client, conversation=pk), fetch(client, to="bob"), fetch(client, to="BOB")] == [here] * 3
    change(bob, username="Łukasz", is_active=False)
    now = here | {"name": "Łukasz", "is_active": False, "address": "/chats/with/%C5%81ukasz/"}
    assert fetch(client, conversation=pk) == now


def test_form_of_a_renamed_counterpart_is_sent_with_the_token_of_the_new_name(browser_of, alice, bob, thread):
    client = browser_of(alice)
    old = client.get("/chats/counterpart/", {"to": "bob"}).json()["made"]
    change(bob, username="robert")
    new = client.get("/chats/counterpart/", {"conversation": thread[0].conversation_id}).json()["made"]

    def send(made):
        text = {"to": "robert", "content": "to the new name", "made": made}
        return client.post("/chats/new/", text).status_code

    assert [send(old), send(new)] == [422, 302]
    assert Message.objects.get(content="to the new name").receiver == bob


@pytest.mark.parametrize(
    "which", ["erased", "of others", "made up", "none", "a stranger", "oneself", "nobody"]
)
def test_counterpart_of_no_conversation_of_the_member_is_null(
    browser_of, alice, bob, charlie, thread, write, which
):
    foreign = write(bob, charlie).conversation_id
    requested = {
        "erased": {"conversation": thread[0].conversation_id}, "of others": {"conversation": foreign},
        "made up": {"conversation": 2**63 - 1}, "none": {}, "a stranger": {"to": "charlie"},
        "oneself": {"to": "alice"}, "nobody": {"to": "x" * 5000},
    }[which]  # fmt: skip
    if which == "erased":
        bob.delete()

    assert fetch(browser_of(alice), **requested) == {"member": alice.pk, "conversation": None}


@pytest.mark.parametrize("key", ["0", "-1", "x", "9" * 30, "1e3", "٣"])
def test_counterpart_of_an_invalid_key_returns_404(browser_of, alice, key):
    assert browser_of(alice).get("/chats/counterpart/", {"conversation": key}).status_code == 404


@pytest.mark.parametrize("name", ["\x00", "\ud800", " bob ", "bob\n", "..", "a/b", ""])
def test_counterpart_of_an_invalid_name_is_no_error(browser_of, alice, thread, name):
    requested = name.encode("utf-8", "surrogatepass")
    assert browser_of(alice).get(f"/chats/counterpart/?to={quote(requested)}").status_code == 200
