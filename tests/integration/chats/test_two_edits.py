"""Two edits of one message that start from the same text.

The page of the second edit shows the first edit before it replaces it.
"""

import html
import re

import pytest

from messaging.models import Message, MessageHistory

MINIMAL = {"HTTP_PREFER": "return=minimal"}


class Tab:
    """The edit page in a separate tab, as it was opened."""

    def __init__(self, client, message):
        self.client, self.address = client, f"/chats/message/{message.pk}/edit/"
        self.shown = client.get(self.address).content.decode()

    def save(self, text, **headers):
        """Submit the form of the page that is shown, and show the response."""
        form = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', self.shown))
        response = self.client.post(self.address, form | {"content": text}, **headers)
        self.shown = response.content.decode()
        return response

    @property
    def typed(self) -> str:
        return html.unescape(re.search(r"<textarea[^>]*>\n(.*?)</textarea>", self.shown, re.S)[1])

    @property
    def stands(self) -> str:
        """Return the present text of the message as shown on the page."""
        found = re.search(r'class="stands".*?class="content"[^>]*>(.*?)</div>', self.shown, re.S)
        return found and html.unescape(found[1])


@pytest.fixture
def tab(browser_of, message, alice):
    return lambda: Tab(browser_of(alice), message)


def kept() -> list[str]:
    return list(MessageHistory.objects.order_by("pk").values_list("old_content", flat=True))


TEXTS = [
    ("first", "second"),
    ("<b>first</b> & 'more'", '"second" </textarea><script>'),
    ("première", "premie\u0301re"),
    ("a\\nb \\000 %s", "c\nd\n"),
    ("織機 👩\u200d👩\u200d👦", "\u200fשלום"),
    ("x" * 10_000, "y" * 10_000),
]


@pytest.mark.parametrize(("first", "second"), TEXTS, ids=range(len(TEXTS)))
def test_second_edit_from_the_same_text_is_refused_once_and_shows_both(tab, first, second):
    one, other = tab(), tab()
    assert one.save(first).status_code == 302

    assert other.save(second).status_code == 409
    assert "was changed" in other.shown
    assert (other.stands, other.typed) == (first, second)
    assert (Message.objects.get().content, kept()) == (first, ["Good morning, Bob"])

    assert other.save(second).status_code == 302
    assert (Message.objects.get().content, kept()) == (second.rstrip(), ["Good morning, Bob", first])


def test_each_concurrent_edit_is_shown_before_it_is_replaced(tab):
    one, two, three = tab(), tab(), tab()
    one.save("one")
    assert [two.save("two").status_code, three.save("three").status_code] == [409, 409]
    two.save("two")

    assert (three.save("three").status_code, three.stands, three.typed) == (409, "two", "three")
    assert three.save("three").status_code == 302
    assert kept() == ["Good morning, Bob", "one", "two"]


def test_untouched_text_of_an_old_form_replaces_nothing_by_itself(tab):
    one, other = tab(), tab()
    one.save("new")

    assert (other.save(other.typed).status_code, other.stands) == (409, "new")
    assert Message.objects.get().content == "new"


@pytest.mark.parametrize("again", ["same", "same  \n", "\n\nsame"])
def test_same_text_from_two_forms_is_no_conflict(tab, again):
    one, other = tab(), tab()

    assert [one.save("same").status_code, other.save(again).status_code] == [302, 302]
    assert (Message.objects.get().content, kept()) == ("same", ["Good morning, Bob"])


def test_same_form_sent_twice_is_one_edit(tab, browser_of, alice):
    one = tab()
    page = one.shown
    for _ in range(3):
        one.shown = page
        assert one.save("twice", **MINIMAL).status_code == 204

    assert (Message.objects.get().content, kept()) == ("twice", ["Good morning, Bob"])


def test_late_repetition_of_an_edit_replaces_no_newer_one(tab):
    """The response was lost, the user edited in another tab, and then the first page sends its form again."""
    one = tab()
    page = one.shown
    one.save("first")
    tab().save("newer")
    one.shown = page

    assert (one.save("first").status_code, one.stands) == (409, "newer")


def test_change_and_back_is_no_conflict(tab):
    one, other = tab(), tab()
    one.save("elsewhere")
    tab().save("Good morning, Bob")

    assert other.save("second").status_code == 302


def test_conflict_is_found_after_the_history_was_deleted(tab, message):
    one, other = tab(), tab()
    one.save("new")
    message.history.all().delete()

    assert (other.save("second").status_code, other.stands) == (409, "new")
    assert tab().save("third").status_code == 302


@pytest.mark.parametrize("blank", ["", "  \n", "\u200b", "x" * 10_001], ids=range(4))
def test_refused_text_keeps_the_version_of_the_form(tab, blank):
    one, other = tab(), tab()
    one.save("new")

    assert other.save(blank).status_code == 422
    assert (other.save("second").status_code, other.stands) == (409, "new")


@pytest.mark.parametrize("damaged", ["x", "\x00", "0" * 64, "G" * 64, "é", "a" * 100_000], ids=range(6))
def test_damaged_version_is_refused_once_like_a_change(browser_of, message, alice, damaged):
    page = Tab(browser_of(alice), message)
    page.shown = re.sub(r'(name="version" value=")[^"]*', lambda found: found[1] + damaged, page.shown)

    assert (page.save("new").status_code, page.stands) == (409, "Good morning, Bob")
    assert page.save("new").status_code == 302


def test_form_without_a_version_is_never_a_conflict(browser_of, message, alice):
    client, address = browser_of(alice), f"/chats/message/{message.pk}/edit/"

    assert [client.post(address, {"content": text}).status_code for text in ("one", "two")] == [302, 302]


def test_edit_of_a_deleted_message_keeps_the_text_on_the_page(tab, message):
    one = tab()
    message.delete()
    response = one.save("my <precious> words")

    assert response.status_code == 404
    assert "my &lt;precious&gt; words" in one.shown
