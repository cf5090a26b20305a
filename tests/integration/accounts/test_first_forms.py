"""The forms of sign-up, log-in and password change: errors, focus, and the page that follows."""

import re
from html import unescape

import pytest
from django.test import Client

from accounts.models import User

PASSWORD = "a-long-enough-1"
SIGN_UP, LOG_IN, CHANGE = "/accounts/signup/", "/accounts/login/", "/accounts/password/"
RULES = ("too short", "too common", "entirely numeric", "too similar", "can’t be")


def body_of(response) -> str:
    return unescape(response.content.decode())


def focused(response) -> str:
    """Return the name of the only field with the focus."""
    [field] = [tag for tag in re.findall(r"<input[^>]*>", body_of(response)) if "autofocus" in tag]
    return re.search(r'name="([^"]+)"', field)[1]


def errors_of(response) -> dict[str, str]:
    """Return the text of the errors of each field, by its id."""
    pattern = r'<div class="errorlist" id="id_(\w+)_error"[^>]*>(.*?)</div>'
    lists = re.findall(pattern, body_of(response), re.DOTALL)
    return {field: re.sub(r"<[^>]+>", "", text).strip() for field, text in lists}


def fields_of(response) -> list[str]:
    """Return the names of the fields that a person fills in."""
    tags = re.findall(r"<(?:input|textarea)[^>]*>", body_of(response))
    names = [re.search(r' name="(\w+)"', tag) for tag in tags if 'type="hidden"' not in tag]
    return [name[1] for name in names if name]


@pytest.fixture
def anna(member):
    anna = member("Anna")
    anna.set_password(PASSWORD)
    anna.save()
    return anna


def test_sign_up_page_has_two_fields_and_no_list_of_rules(client, db):
    page = client.get(SIGN_UP)

    assert fields_of(page) == ["username", "password1"]
    assert not [rule for rule in RULES if rule in body_of(page)]


@pytest.mark.parametrize(
    ("form", "field", "said"),
    [
        ({"username": "ANNA", "password1": PASSWORD}, "username", "taken"),
        ({"username": "a b", "password1": PASSWORD}, "username", "valid username"),
        ({"username": "a b", "password1": "short"}, "username", "valid username"),
        ({"username": "dora", "password1": "short"}, "password1", "too short"),
        ({"username": "dora"}, "password1", "required"),
        ({"username": "dora-of-the-looms", "password1": "dora-of-the-looms"}, "password1", "similar"),
        ({"password1": PASSWORD}, "username", "required"),
    ],
)
def test_refused_sign_up_has_the_error_and_the_focus_at_the_wrong_field(client, anna, form, field, said):
    response = client.post(SIGN_UP, form)

    assert response.status_code == 422
    assert said in errors_of(response)[field]
    assert focused(response) == field
    assert re.search(rf'aria-describedby="[^"]*id_{field}_error', body_of(response))


def test_refused_sign_up_keeps_the_name_and_no_password(client, db):
    body = body_of(client.post(SIGN_UP, {"username": "dora", "password1": "sh0rt-one"}))

    assert 'value="dora"' in body
    assert "sh0rt-one" not in body


def test_refused_log_in_keeps_the_name_and_has_the_focus_at_the_password(client, anna):
    response = client.post(LOG_IN, {"username": "aNNa", "password": "wr0ng-one"})
    body = body_of(response)

    assert focused(response) == "password"
    assert 'value="aNNa"' in body
    assert "wr0ng-one" not in body
    assert "Upper and lower case matter in the password, but not in the name." in body


def test_log_in_of_staff_says_the_truth_about_case(client, db):
    body = body_of(client.post("/admin/login/", {"username": "x", "password": "y"}))

    assert "both fields may be case-sensitive" not in body
    assert "not in the name" in body


def test_new_forms_have_the_focus_at_the_first_field(client, anna, browser_of):
    assert focused(client.get(SIGN_UP)) == focused(client.get(LOG_IN)) == "username"
    assert focused(browser_of(anna).get(CHANGE)) == "old_password"


@pytest.mark.parametrize(
    ("old", "first", "second", "field", "said"),
    [
        ("wrong", "b-long-enough-2", "b-long-enough-2", "old_password", "incorrectly"),
        (PASSWORD, "short", "short", "new_password1", "too short"),
        (PASSWORD, "b-long-enough-2", "b-long-enough-3", "new_password2", "match"),
    ],
)
def test_refused_password_change_has_the_error_at_the_wrong_field(
    browser_of, anna, old, first, second, field, said
):
    form = {"old_password": old, "new_password1": first, "new_password2": second}
    response = browser_of(anna).post(CHANGE, form)

    assert set(errors_of(response)) == {field}
    assert said in errors_of(response)[field]
    assert focused(response) == field
    assert not [word for word in form.values() if f'value="{word}"' in body_of(response)]


# --- What follows ----------------------------------------------------------------------------------
INVITATION = "/chats/new/?to=Anna"


def test_invitation_of_a_visitor_leads_over_the_sign_up_to_the_message(anna):
    """One page and two fields until the message can be written."""
    visitor = Client()
    first = visitor.get(INVITATION, follow=True)
    [(address, _)] = first.redirect_chain
    form = {"username": "dora", "password1": PASSWORD, "next": INVITATION}
    then = visitor.post(SIGN_UP, form, follow=True)

    assert address == "/accounts/signup/?next=/chats/new/%3Fto%3DAnna"
    assert "Sign up to write to <bdi>Anna</bdi>" in body_of(first)
    assert f'name="next" value="{INVITATION}"' in body_of(first)
    assert then.redirect_chain == [(INVITATION, 302)]
    assert 'name="to" value="Anna"' in body_of(then)
    assert then.wsgi_request.user.username == "dora"


def test_newcomer_writes_after_two_pages_and_three_fields(anna):
    """The pages are the front page and the sign-up, the fields are those of the sign-up and the recipient."""
    visitor = Client()
    assert f'href="{SIGN_UP}"' in body_of(visitor.get("/"))
    assert fields_of(visitor.get(SIGN_UP)) == ["username", "password1"]
    inbox = visitor.post(SIGN_UP, {"username": "dora", "password1": PASSWORD}, follow=True)

    assert inbox.redirect_chain == [("/chats/", 302)]
    assert fields_of(inbox) == ["to", "content"]
    assert visitor.post("/chats/new/", {"to": "Anna", "content": "Hello"}).status_code == 302


def test_invitation_survives_the_links_between_sign_up_and_log_in(anna):
    visitor = Client()
    sign_up = visitor.get(INVITATION, follow=True)
    log_in = re.search(r'href="(/accounts/login/\?next=[^"]+)"', sign_up.content.decode())[1]
    page = visitor.get(unescape(log_in))
    back = re.search(r'href="(/accounts/signup/\?next=[^"]+)"', page.content.decode())[1]
    form = {"username": "anna", "password": PASSWORD, "next": INVITATION}

    assert f'name="next" value="{INVITATION}"' in body_of(visitor.get(unescape(back)))
    assert visitor.post(LOG_IN, form).url == INVITATION


def test_refused_sign_up_keeps_the_page_that_follows(client, anna):
    response = client.post(SIGN_UP, {"username": "dora", "password1": "short", "next": INVITATION})

    assert f'name="next" value="{INVITATION}"' in body_of(response)
    assert "write to <bdi>Anna</bdi>" in body_of(response)


def test_invitation_leads_to_the_log_in_while_sign_up_is_closed(client, anna, settings):
    settings.SIGN_UP_OPEN = False

    assert client.get(INVITATION).url == "/accounts/login/?next=/chats/new/%3Fto%3DAnna"


def test_invitation_of_a_member_opens_the_message(browser_of, member, anna):
    assert 'value="Anna"' in body_of(browser_of(member("dora")).get(INVITATION))


def test_message_of_a_visitor_leads_to_the_log_in(client, db):
    assert client.post(INVITATION, {"content": "x"}).url.startswith("/accounts/login/")


@pytest.mark.parametrize(
    "address",
    ["/chats/new/?to=call+0900+now", "/chats/new/?to=" + "a" * 200, "/chats/?to=Anna", "/chats/new/?to="],
)
def test_sign_up_shows_no_text_of_a_link_but_a_name(client, db, address):
    body = body_of(client.get(SIGN_UP, {"next": address}))

    assert "Sign up to write" not in body


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example/", "//["]
)
def test_sign_up_redirects_only_to_pages_of_this_site(db, target):
    visitor = Client()
    assert "evil" not in body_of(visitor.get(SIGN_UP, {"next": target}))
    form = {"username": "dora", "password1": PASSWORD, "next": target}

    assert visitor.post(SIGN_UP, form).url == "/chats/"
    assert visitor.get(SIGN_UP, {"next": target}).url == "/chats/"
    assert User.objects.filter(username="dora").exists()


@pytest.mark.parametrize("language", ["ar", "de", "es", "fr"])
def test_errors_of_forms_are_translated(client, anna, browser_of, language):
    """Also those that are Django's."""
    refused = [{}, {"username": "Anna", "password1": PASSWORD}, {"username": "a b", "password1": PASSWORD}]
    passwords = ("short", "password123", "1234567890123", "dora-of-the-looms")
    refused += [{"username": "dora-of-the-looms", "password1": password} for password in passwords]
    posts = [(client, SIGN_UP, form) for form in refused]
    posts += [(client, LOG_IN, form) for form in ({}, {"username": "Anna", "password": "wr0ng-one"})]
    changes = (
        {},
        {"old_password": "wr0ng-one", "new_password1": "b-long-enough-2", "new_password2": "b-long-enough-3"},
        {"old_password": PASSWORD, "new_password1": "short", "new_password2": "short"},
    )
    posts += [(browser_of(anna), CHANGE, form) for form in changes]
    for visitor, address, form in posts:
        said = []
        for code in ("en", language):
            body = body_of(visitor.post(address, form, headers={"accept-language": code}))
            said.append(re.findall(r'<div class="errorlist".*?<p>(.*?)</p>', body, re.DOTALL))
        assert len(said[0]) == len(said[1]) > 0, form
        assert not set(said[0]) & set(said[1])
