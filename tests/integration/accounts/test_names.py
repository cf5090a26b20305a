"""All spellings of a name mean the same user, in every field that accepts a name."""

import re
from unicodedata import category, normalize

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts import names
from accounts.forms import SignUpForm
from accounts.login_throttling import counted
from accounts.models import User
from messaging.search import parse, search

PASSWORD = "a-long-enough-1"
SPELLINGS = [
    ("José", normalize("NFD", "José")),
    ("José", "JOSÉ"),
    ("ann", "ａｎｎ"),
    ("kiwi", "kıwı"),
    ("kiwi", "KİWİ"),
    ("kiwi", "\u212aiwi"),
    ("simon", "ſimon"),
    ("fiona", "ﬁona"),
    ("محمد", "ﻣﺤﻤﺪ"),
    ("ann2", "aⁿn₂"),
    ("Οδυσσεύσ", "οδυσσεύς"),
    ("ნინო", "ᲜᲘᲜᲝ"),
    ("शक़ील", "शक\u093cील"),
    ("Straße", "STRASSE"),
    ("Straße", "STRAẞE"),
    ("Νίκος", "ΝΊΚΟΣ"),
    ("Νίκος", normalize("NFD", "νίκοσ")),
    ("Елена", "ЕЛЕНА"),
    ("O'Brien", "o’brien"),
    ("Nguyễn", normalize("NFD", "NGUYỄN")),
    ("김철수", normalize("NFD", "김철수")),
    ("hans", "ℌ𝐀NS"),
    ("ガガ", "ｶﾞｶﾞ"),
]
BAD = [
    (".", "at least one letter or digit"),
    ("..", "at least one letter or digit"),
    ("．．", "at least one letter or digit"),
    ("…", "at least one letter or digit"),
    ("-_-", "at least one letter or digit"),
    ("tіki", "mixes scripts"),
    ("оlga", "mixes scripts"),
    ("αlpha", "mixes scripts"),
    ("olga٣", "mixes scripts"),
    ("Ꮪam", "mixes scripts"),
    ("はなㄅ", "mixes scripts"),
    ("ol\u200bga", "cannot be seen"),
    ("ol\u200dga", "cannot be seen"),
    ("\u202eaglo", "cannot be seen"),
    ("olga\u3164", "cannot be seen"),
    ("ol\u00adga", "cannot be seen"),
    ("olga\ufe0f", "cannot be seen"),
    ("\u0301olga", "without a letter"),
    ("o\u0327\u0323\u0331\u0330\u0329lga", "too many"),
    ("j\u0307ohn", "too many"),
    ("pi\u0323\u0307a", "too many"),
    ("olga\uff9e", "too many"),
    ("a\u0301\u0301nna", "too many"),
    ("7\u0301", "without a letter"),
    ("ʹ", "at least one letter or digit"),
    ("ー", "at least one letter or digit"),
    ("x" * 151, "at most 150 characters"),
    ("ﷺ", "Enter a valid username"),
    ("5۵", "mixes digits"),
    ("۵٥", "mixes digits"),
    ("दिन१1", "mixes digits"),
    ("a/b", "Enter a valid username"),
    ("a b", "Enter a valid username"),
    ("a\\b", "Enter a valid username"),
    ("a%2fb", "Enter a valid username"),
    ("ㅇlga", "Enter a valid username"),
    ("oㅣga", "Enter a valid username"),
    ("½", "Enter a valid username"),
    ("a\ue000", "Enter a valid username"),
    ("ol\u2800ga", "cannot be seen"),
    ("ol\u034fga", "cannot be seen"),
    ("\U000e0041olga", "cannot be seen"),
    ("\uffa0", "cannot be seen"),
    ("ⵏ\u2d7fⴰ", "cannot be seen"),
    ("ol\ufff9ga", "cannot be seen"),
    ("ol\x07ga", "cannot be seen"),
    ("фー", "mixes scripts"),
    ("مa", "mixes scripts"),
    ("漢а", "mixes scripts"),
    ("漢가か", "mixes scripts"),
    ("𐌰𐌱", "no longer in use"),
    ("ⲁⲃ", "no longer in use"),
    ("ᚠᚢ", "no longer in use"),
    ("aᚢ", "no longer in use"),
    # Characters that stretch or repeat others, and small capitals.
    ("محـمد", "Enter a valid username"),
    ("ߊߺߊ", "Enter a valid username"),
    ("김\u302e", "Enter a valid username"),
    ("々〱", "Enter a valid username"),
    ("はな〻", "Enter a valid username"),
    ("ɴora", "Enter a valid username"),
    ("ᴛᴏᴍ", "Enter a valid username"),
    ("ꜰinn", "Enter a valid username"),
    ("ʀʏan", "Enter a valid username"),
    ("ol❶ga", "Enter a valid username"),
    # Signs and marks of phonetics, mathematics and music.
    ("olgaꜝ", "Enter a valid username"),
    ("annaˍmaria", "Enter a valid username"),
    ("annaː", "Enter a valid username"),
    ("ˈolga", "Enter a valid username"),
    ("olgaⸯ", "Enter a valid username"),
    ("e\u0335va", "Enter a valid username"),
    ("l\u20d2ea", "Enter a valid username"),
    ("t\u0336om", "Enter a valid username"),
    ("ol\u0363ga", "Enter a valid username"),
    ("olga\ufe26", "Enter a valid username"),
    ("olga\U0001d165", "Enter a valid username"),
    ("olga\U0001cf2d", "Enter a valid username"),
    ("olga\u1ab0", "Enter a valid username"),
]
GOOD = [
    "दिनेश", "தமிழ்", "אֲבִי", "ג׳ורג׳", "O'Brien", "山田はな", "山田ハナコ", "bob山田", "김bob", "ㄅ李a",
    "สมชาย", "محمد", "Nguyễn", "Łukasz", "Иван_2", "anna.maria+x@b-c", "দীপা", "Gal·la", "1984",
    "ʻokina", "मीरा१२", "سارة١٢", "漢字かなカナabc", "မောင်", "Đặng", "ᏣᎳᎩ", "山〇", "חב״ד",
    "Tân-o̍k", "Ko͘-sèng", "Adé̩", "ʿAbd", "k̓ala", "g̃uarani",
]  # fmt: skip


def refusal(name):
    """Return the errors of the sign-up form for a name. The form hashes no password."""
    form = SignUpForm({"username": name, "password1": PASSWORD})
    return " ".join(form.errors.get("username", []))


def with_password(user, password=PASSWORD):
    user.set_password(password)
    user.save()
    return user


@pytest.mark.parametrize(("name", "typed"), SPELLINGS)
def test_a_member_in_any_spelling_is_one_member(member, alice, write, browser_of, name, typed):
    user = member(name)
    sent = write(user, alice, "warp")
    pages = browser_of(alice)

    assert "is taken" in refusal(typed)
    assert User.objects.get_by_natural_key(typed) == user
    assert pages.post("/chats/new/", {"to": typed, "content": "weft"}).status_code == 302
    assert pages.get(f"/chats/with/{typed}/", follow=True).status_code == 200
    assert (
        f'value="{name}"'.replace("'", "&#39;") in pages.get("/chats/people/", {"to": typed}).content.decode()
    )
    for requested, found in ((f"warp from:{typed}", [sent.pk]), (f"warp to:{typed}", [])):
        assert [hit.id for hit in search(alice.pk, parse(requested, "alice"), 5).rows] == found


@pytest.mark.parametrize(("name", "typed"), SPELLINGS[3:7])
def test_a_log_in_by_any_spelling_finds_the_account(member, name, typed):
    user = with_password(member(name))
    client = Client()

    assert client.post("/accounts/login/", {"username": typed, "password": PASSWORD}).status_code == 302
    assert client.session["_auth_user_id"] == str(user.pk)


@pytest.mark.parametrize(("name", "typed"), [*SPELLINGS, ("pillipi", "pıllıpı"), ("tiki", "tıkı")])
def test_attempts_in_any_spelling_are_kept_under_one_name(name, typed):
    assert counted(typed) == counted(name)


def test_sixth_attempt_is_refused_in_any_spelling(member):
    member("kiwi")
    spellings = ["kıwi", "kiwı", "KİWİ", "ｋｉｗｉ", "kıwı", "\u212aiwi"]
    answers = [Client().post("/accounts/login/", {"username": name, "password": "no"}) for name in spellings]

    assert answers[0].status_code == 200
    assert answers[5].status_code == 429


@pytest.mark.parametrize(("name", "said"), BAD)
def test_invalid_name_is_refused_with_a_reason(db, name, said):
    assert said in refusal(name)
    with pytest.raises(CommandError):
        call_command("createsuperuser", "--noinput", username=name, email="a@b.example")
    assert not User.objects.exists()


def test_letter_that_python_does_not_know_is_refused():
    """The package regex knows a newer version of Unicode than Python."""
    newer = [chr(code) for code in range(0x110000) if category(chr(code)) == "Cn"]

    assert [ascii(letter) for letter in newer if names.is_valid(2 * letter)] == []


@pytest.mark.parametrize("name", GOOD)
def test_a_name_in_a_living_script_is_accepted_and_has_an_address(member, alice, browser_of, name):
    assert not refusal(name)
    member(name)
    pages = browser_of(alice)
    sent = pages.post("/chats/new/", {"to": name, "content": "hello"})

    assert sent.status_code == 302
    inbox = pages.get("/chats/").content.decode()
    address = re.search(r'class="row [^>]*href="([^"]*)"', inbox)[1]
    assert pages.get(address).status_code == 200


@pytest.mark.parametrize(
    ("name", "look_alike"),
    [
        ("olga", "o1ga"), ("olga", "olɡa"), ("olga", "0lga"), ("coco", "сосо"), ("Coco", "СОСО"),
        ("Ivan", "lvan"), ("modern", "modem"), ("paypal", "раураӏ"), ("ann1", "annl"),
        ("apple", "аррӏе"), ("tom", "ТОМ"), ("Tom", "ΤΟΜ"), ("ТОМ", "tom"), ("HH", "НН"), ("bob", "ЬоЬ"),
        ("5am", "Ƽam"), ("333", "ЗЗЗ"), ("33", "зз"), ("kak", "как"), ("YOU", "ꓬꓳꓴ"), ("apple", "ᎪᏢᏢᏞᎬ"),
        ("ooo", "٥٥٥"), ("olga", "〇lga"), ("olga", "o丨ga"), ("ニコ", "二コ"), ("O'Brien", "Oꞌbrien"),
        ("ג'ורג'", "ג׳ורג׳"), ("علی", "علي"), ("olga", "oǀga"), ("æsir", "aesir"), ("ooo", "օօօ"),
        ("Tom", "丅om"), ("Tom", "ㄒom"), ("Yes", "丫es"), ("Yes", "ㄚes"), ("Xu", "乂u"), ("Xu", "ㄨu"),
        ("SIX", "ѕіх"), ("ëëë", "ёёё"), ("ʜoʜ", "НОН"),
        ("Wendy", "Vvendy"), ("savva", "sawa"), ("john", "ȷohn"), ("Tom", "丁om"), ("Ivan", "工van"),
        ("anna-maria", "anna一maria"), ("anna-maria", "annaーmaria"), ("a-b", "aㄧb"), ("a+b", "a十b"),
        ("Carl", "匚arl"), ("Uma", "ㄩma"), ("Zoe", "乙oe"), ("山一", "山-"),
        # A letter that looks like several letters, such as a vowel of Devanagari.
        ("आशा", "अाशा"), ("अाशा", "आशा"), ("ओम", "आेम"), ("আলী", "অালী"), ("ਆਸ਼ਾ", "ਅਾਸ਼ਾ"), ("આશા", "અાશા"),
        ("ଆଶା", "ଅାଶା"), ("హరి", "వారి"), ("ഔത", "ഒൗത"), ("แดง", "เเดง"), ("ဩ", "သြ"), ("aaron", "ꜳron"),
        ("zoe", "zœ"), ("ЮЮ", "lOlO"), ("33", "ʒʒ"), ("paul", "ƿaul"), ("22", "ƨƨ"),
    ],
)  # fmt: skip
def test_a_look_alike_of_a_member_is_refused(member, name, look_alike):
    member(name)

    assert "looks like another member" in refusal(look_alike)
    with pytest.raises(CommandError, match="looks like"):
        call_command("createsuperuser", "--noinput", username=look_alike, email="a@b.example")


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("olga", "olga."),
        ("olga", "olga_"),
        ("ali", "all"),
        ("Kai", "Kal"),
        ("jose", "josé"),
        ("tom", "том"),
        ("anna", "анна"),
        ("a-b", "a_b"),
        ("obrien", "o'brien"),
        ("bob", "bøb"),
    ],
)
def test_a_name_with_a_visible_difference_is_another_name(member, name, other):
    member(name)

    assert not refusal(other)


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("김철수", "김처"), ("김철수", "김철"), ("김철수", normalize("NFD", "김처")), ("김철수", "김"),
        ("하늘", "하느"), ("박서준", "박서주"), ("José", normalize("NFD", "josé")), ("Straße", "strass"),
    ],
)  # fmt: skip
def test_name_is_suggested_from_its_beginning_in_any_composition(member, alice, browser_of, name, typed):
    for other in (name, "김하늘", "힣", "joseph", "stra"):
        member(other)
    page = browser_of(alice).get("/chats/people/", {"to": typed}).content.decode()

    assert f'value="{name}"' in page
    assert not {"힣", "joseph", "stra"} & set(re.findall(r'value="([^"]+)"', page))


@pytest.mark.parametrize(
    ("requested", "who"),
    [
        ("from:me", "alice"), ("from:ME", "alice"), ("from:ｍｅ", "alice"), ("from: Me", "alice"),
        ('from:"me"', "me"), ("from:“Me”", "me"), ("from:«ＭＥ»", "me"), ('to:"me"', "alice"),
        ("to:me", "me"),
    ],
)  # fmt: skip
def test_me_in_a_filter_is_the_reader_and_in_quotes_a_member_of_that_name(
    member, alice, write, requested, who
):
    me = member("me")
    write(alice, me, "warp"), write(me, alice, "warp")

    assert [hit.sender_name for hit in search(alice.pk, parse(f"warp {requested}", "alice"), 5).rows] == [who]


def test_a_member_called_me_is_reached_like_any_other(member, alice, browser_of):
    member("me")
    pages = browser_of(alice)

    assert pages.post("/chats/new/", {"to": "ME", "content": "hello"}).status_code == 302
    assert 'data-with="me"' in pages.get("/chats/with/me/?at=1").content.decode()


def test_the_key_of_a_name_of_any_length_fits_into_the_index():
    assert {len(names.key(name)) for name in ("ﷺ" * 200, "ΐ" * 601, "x" * 700)} == {64}
    assert len(names.key("ΐ" * names.LONGEST)) <= names.LONGEST_KEY
