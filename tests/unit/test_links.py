"""Only http and https addresses in texts become links."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chats.formatting import formatted
from chats.links import parts


def linked(text: str) -> str:
    return str(formatted(text))


def _links(text: str) -> list[str]:
    return re.findall(r'<a href="([^"]*)"', linked(text))


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("see https://example.org/a?b=1#c", ["https://example.org/a?b=1#c"]),
        ("HTTP://EXAMPLE.ORG", ["HTTP://EXAMPLE.ORG"]),
        ("(https://example.org/a_(b)).", ["https://example.org/a_(b)"]),
        ("https://example.org, https://example.com!", ["https://example.org", "https://example.com"]),
        ("https://example.org/?a=1&b=2", ["https://example.org/?a=1&amp;b=2"]),
        ("https://例え.jp/道", ["https://例え.jp/道"]),
        ('https://example.org/"onclick="x', ["https://example.org/"]),
        ("https://example.org/<script>", ["https://example.org/"]),
        ("https://evil.example/\u202egro.elpmaxe", ["https://evil.example/"]),
        ("javascript://alert(1)", []),
        ("data://text/html,<b>", []),
        ("https://", []),
        ("http://.,;", []),
        ("no address", []),
        ("http://a", ["http://a"]),
    ],
)
def test_only_http_addresses_become_links(text, links):
    assert _links(text) == links


@pytest.mark.parametrize(
    "after",
    list("。）、，」؟।—")
    + list("\u200b")  # From the bug report. Below are similar characters.
    + list("』】》！？；：؛،۔॥፣။។։…―」（「『»”“„")
    + list("\u2060\ufeff\xad\u3000\x85\u2066")
    + list("¡¿⸺⸻｜｣〉⁈܀។")
    + list("\x01\x1b\x7f\x9f`")  # Control characters, and the backtick.
    + list("＜＞＂＇※→⇒│┃‖¦❝❞❜"),  # Signs that people put next to an address without a blank.
)
def test_an_address_followed_by_punctuation_of_any_script_ends_before_it(after):
    assert _links(f"見て https://example.org/foo{after}次の文") == ["https://example.org/foo"]


@pytest.mark.parametrize(
    "address",
    [
        "https://en.wikipedia.org/wiki/Devil's_advocate",
        "https://example.org/l’eau",
        "https://例え.jp/道",
        "https://пример.рф/путь?а=б",
        "https://مثال.السعودية/صفحة",
        "https://fa.example/می\u200cخواهم",
        "https://ja.example/ジョン・スミス",
        "https://en.example/Michelson–Morley",
        "https://example.org/a_(b)_[c]_{d}",
        "http://[2001:db8::1]:8000/x",
        "https://example.org/❤️",
        # A flag.
        "https://example.org/\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "https://ja.example/葛\U000e0100城",  # An ideograph with a variation selector.
        "https://el.example/α\u0387β",
        "https://ca.example/col·lecció",
        "https://he.example/צה״ל_וג׳ירפה",
        "https://ja.example/ジャン＝ジャック＆ルソー☆",
    ],
)
def test_address_with_letters_of_any_script_is_linked_completely(address):
    for text in (address, f"see {address}, then", f"“{address}”", f"({address}).", f"{address}。"):
        assert [link.replace("&#39;", "'") for link in _links(text)] == [address]


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("[https://a.example/](https://b.example/)", ["https://a.example/", "https://b.example/"]),
        (
            "[x](https://a.example/y_(z))[c](https://d.example)",
            ["https://a.example/y_(z)", "https://d.example"],
        ),
        ("(https://a.example/)(https://b.example/)", ["https://a.example/", "https://b.example/"]),
        ("{https://a.example/{id}}https://b.example/", ["https://a.example/{id}", "https://b.example/"]),
        ("'https://a.example/x','https://b.example/y'", ["https://a.example/x", "https://b.example/y"]),
        ("‘https://a.example/x’s", ["https://a.example/x"]),
        ("‚https://a.example/x‘ist", ["https://a.example/x"]),
        ("״https://a.example/x״ב ׳https://b.example׳ב", ["https://a.example/x", "https://b.example"]),
        ("＜https://a.example/x＞＂https://b.example＂", ["https://a.example/x", "https://b.example"]),
        ("https://a.example/x).", ["https://a.example/x"]),
        ("https://a.example/x,https://b.example/y", ["https://a.example/x", "https://b.example/y"]),
        ("http://a.example;http://b.example|http://c.example", [f"http://{n}.example" for n in "abc"]),
        ("(https://a.example/x,HTTPS://b.example/y)", ["https://a.example/x", "HTTPS://b.example/y"]),
        ("https://a.example/x,y;z|w", ["https://a.example/x,y;z|w"]),
        ("https://a.example/2020/https://b.example/", ["https://a.example/2020/https://b.example/"]),
        ("https://a.example/x(", ["https://a.example/x"]),
        ("| https://a.example/x|https://b.example/y||", ["https://a.example/x", "https://b.example/y"]),
        ("**https://a.example/x** _https://b.example/y_", ["https://a.example/x", "https://b.example/y"]),
    ],
)
def test_a_bracket_or_quotation_mark_around_an_address_is_not_part_of_it(text, links):
    assert _links(text) == links


@pytest.mark.parametrize("last", list("・〜～–•·|*_~:;,.!?([{״׳＊／‐′″\u200c\u200d"))
def test_punctuation_at_the_end_of_an_address_is_not_linked(last):
    assert _links(f"https://example.org/foo{last} then") == ["https://example.org/foo"]
    assert _links(f"https://example.org/foo{last}") == ["https://example.org/foo"]


def test_an_address_is_a_link_up_to_2048_characters():
    longest = "https://" + "a" * 2_040

    assert _links(f"{longest} x") == [longest]
    assert _links(f"{longest}a https://b.example/") == ["https://b.example/"]
    assert _links(f"{longest}(a) x") == []


def test_first_200_addresses_of_a_message_are_links():
    text = "http://a.b " * 201
    made = parts(text)

    assert [bool(part.address) for part in made] == [True] * 200 + [False]
    assert made[-1].text == " http://a.b "
    assert "".join(part.text + part.address for part in made) == text


def test_link_sends_no_referrer():
    assert 'rel="noopener noreferrer nofollow ugc"' in linked("https://example.org")


ANY = st.text(alphabet=st.sampled_from(list("https://a.b<>\"'&)( \n\u202e")), max_size=60)


@given(ANY.filter(lambda text: "\n>" not in text))  # That would be a quote, which loses its marker.
def test_any_text_with_links_is_unchanged_and_escaped(text):
    html = linked(f"https://{text}")
    without_links = re.sub(r'<a href="[^"<>]*" rel="[\w ]+" target="_blank">|</a>', "", html)

    assert "<" not in without_links
    shown = without_links.replace("&lt;", "<").replace("&gt;", ">").replace("&#34;", '"')
    assert shown.replace("&#39;", "'").replace("&amp;", "&") == f"https://{text}"
