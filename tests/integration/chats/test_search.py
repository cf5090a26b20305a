"""Search finds only the user's own messages, newest first, page by page."""

import random
import re
import unicodedata
from datetime import UTC, datetime
from html import unescape

import pytest
from django.db import connection

from messaging.models import Message
from messaging.search import MOST_RANKED, SEARCH, SECONDS, letters
from messaging.search.query import keys
from messaging.search.snippets import snippet
from messaging.statements import execute

pytestmark = pytest.mark.django_db


def _search(browser, query: str, **more) -> str:
    response = browser.get("/chats/search/", {"q": query} | more)
    assert response.status_code == 200, response.content
    return response.content.decode()


def _ids(page: str) -> list[int]:
    return [int(pk) for pk in re.findall(r'data-message="(\d+)"', page)]


@pytest.fixture
def corpus(write, alice, bob, charlie):
    """Return messages by a short name."""
    return {
        "loom": write(alice, bob, "Did the new loom arrive?"),
        "answer": write(bob, alice, "The loom did arrive, the loom is here"),
        "march": write(alice, bob, "Wool prices", timestamp=datetime(2026, 3, 5, tzinfo=UTC)),
        "secret": write(charlie, bob, "A loom for charlie"),
        "<b>": write(alice, bob, 'Is <b>bold</b> & "quoted"?'),
    }


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("loom", {"loom", "answer"}),
        ("LOOM arrive", {"loom", "answer"}),
        ('"new loom"', {"loom"}),
        ("loom -here", {"loom"}),
        ("wool or bold", {"march", "<b>"}),
        ("from:bob", {"answer"}),
        ("from:me loom", {"loom"}),
        ("to:BOB loom", {"loom"}),
        ("with:bob loom", {"loom", "answer"}),
        ("with: BOB from:me loom", {"loom"}),
        ("with:charlie", set()),
        ("with:bob with:charlie loom -here", {"loom"}),
        ('with:me "new loom"', {"loom"}),
        ("before:2026-04-01", {"march"}),
        ("after:2026-03-05 before:2026-03-06", {"march"}),
        ("after:2026-03-06 wool", set()),
        ("from:charlie", set()),
        ("unheard-of", set()),
        ('"from:bob"', set()),
        ("loom & | ! ( ' :* <->", {"loom", "answer"}),
    ],
)
def test_search_finds_the_expected_messages(browser_of, alice, corpus, query, names):
    found = set(_ids(_search(browser_of(alice), query)))

    assert found == {corpus[name].pk for name in names}


def test_search_finds_no_messages_between_other_members(browser_of, charlie, alice, bob, corpus):
    assert _ids(_search(browser_of(charlie), "loom")) == [corpus["secret"].pk]
    mark = f"@{alice.pk}"
    for trick in (mark, f"'{mark}'", f"loom or {mark}", "from:alice", "-x", "from:alice to:bob"):
        assert set(_ids(_search(browser_of(charlie), trick))) <= {corpus["secret"].pk}


def test_order_best_puts_better_matches_first_and_marks_words(browser_of, alice, write, bob, corpus):
    latest = write(alice, bob, "heirloom")
    page = _search(browser_of(alice), "loom", order="best")

    assert _ids(page) == [corpus["answer"].pk, corpus["loom"].pk, latest.pk]
    assert _ids(_search(browser_of(alice), "loom")) == [latest.pk, corpus["answer"].pk, corpus["loom"].pk]
    assert page.count("<mark>loom</mark>") == 4


def test_text_of_a_match_is_escaped(browser_of, alice, write, bob, corpus):
    write(alice, bob, "bold \x02\x03 <mark>unsafe</mark>")
    page = _search(browser_of(alice), "bold <script>")

    assert "Is &lt;b&gt;<mark>bold</mark>&lt;/b&gt; &amp; &#34;quoted&#34;?" in _search(
        browser_of(alice), "bold"
    )
    assert "<script>" not in page.replace('<script type="module"', "").replace("<script src", "")
    assert _search(browser_of(alice), "unsafe").count("<mark>") == 1


def test_pages_hold_each_match_once(browser_of, write_many, alice, bob):
    write_many(alice, bob, 60, content="loom " * 3)
    browser, page, seen = browser_of(alice), _search(browser_of(alice), "loom"), []
    while True:
        seen += _ids(page)
        following = re.search(r'rel="next" href="\?q=loom&amp;last=([^"]+)"', page)
        if not following:
            break
        page = _search(browser, "loom", last=following[1])

    assert len(seen) == len(set(seen)) == 60


def test_links_of_a_page_keep_its_order_and_offer_the_other(browser_of, alice, bob, write):
    best = [write(alice, bob, text) for text in ("a loom", *["heirloom"] * 26)]
    expected = {"newest": [one.pk for one in reversed(best)]}
    expected["best"] = [best[0].pk, *expected["newest"][:-1]]
    other = {"newest": 'href="?q=loom&amp;order=best"', "best": 'href="?q=loom">Newest first'}
    for order, ids in expected.items():
        first = _search(browser_of(alice), "loom", order=order)
        following = unescape(re.search(r'rel="next" href="([^"]+)"', first)[1])
        second = browser_of(alice).get(f"/chats/search/{following}").content.decode()
        assert _ids(first) + _ids(second) == ids
        assert other[order] in first


def test_message_with_a_time_in_the_future_has_its_place_in_the_conversation(browser_of, write, alice, bob):
    ids = [write(alice, bob, "loom", timestamp=datetime(2999, 3, 5, tzinfo=UTC)).pk]
    ids.append(write(bob, alice, "loom").pk)

    assert _ids(_search(browser_of(alice), "loom")) == ids[::-1]


def test_pages_of_messages_before_1970_follow_each_other(browser_of, write_many, alice, bob):
    for year in (1, 1969):
        write_many(alice, bob, 26, content="loom", timestamp=datetime(year, 3, 5, tzinfo=UTC))
    browser, seen, last = browser_of(alice), [], {}
    for _ in range(3):
        page = _search(browser, "loom", **last)
        seen += _ids(page)
        following = re.search(r"last=([\d_]+)", page)
        last = {"last": following[1]} if following else {}

    assert len(seen) == len(set(seen)) == 52


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("before:someday", "Write dates as YYYY-MM-DD, e.g. before:2026-03-31, not someday."),
        ("after:2026-02-30", "not 2026-02-30."),
        ("after:", "after: needs a day"),
        ("from:", "from: needs a name"),
        ('to:""', "to: needs a name"),
        ("with:", "with: needs a name, such as with:bob"),
        ("-with:bob", "-with: is not possible"),
        ("in:weaving", "no filter in:"),
        ("driver SENDER:lena", "no filter sender:"),
        ("since:2026-01-01", "no filter since:"),
        ("-from:bob", "-from: is not possible"),
        (" ".join(["word"] * 11), "at most 10 words; these are 11"),
        (" or ".join(["w"] * 33), "at most 10 words; these are 33"),
        ("from:bob " * 11, "at most 10 filters"),
        ("x" * 201, "too long (201 of 200 characters)"),
        ("a\x00b", "cannot be used"),
    ],
)
def test_a_search_that_cannot_be_says_why(browser_of, alice, query, said):
    response = browser_of(alice).get("/chats/search/", {"q": query})

    assert response.status_code == 422
    assert said in response.content.decode()


@pytest.mark.parametrize("last", ["x", "1", "nan_1", "1_99999999999999999999", "-1_5", "1e999_5"])
def test_a_made_up_place_is_not_found(browser_of, alice, last):
    assert browser_of(alice).get("/chats/search/", {"q": "x", "last": last}).status_code == 404


def test_empty_search_makes_no_query_for_messages(browser_of, alice, django_assert_max_num_queries):
    browser = browser_of(alice)
    with django_assert_max_num_queries(2):
        assert "Search your messages" in browser.get("/chats/search/").content.decode()


def test_an_edit_is_found_by_its_new_words_only(browser_of, message, alice):
    message.edit("Good evening", by=alice)

    assert _ids(_search(browser_of(alice), "evening")) == [message.pk]
    assert _ids(_search(browser_of(alice), "morning")) == []
    assert Message.objects.count() == 1


PARTS = {
    "We split client/server today": ["client", "server", "client/server"],
    "Write to weaver.jane@looms.example please": ["weaver", "jane", "looms", "weaver.jane@looms.example"],
    "see https://docs.looms.example/warp/tension.html?x=1&y=2#top for it": [
        "docs",
        "tension",
        "warp/tension.html",
        "https://docs.looms.example/warp/tension.html?x=1&y=2#top",
        "docs.looms",
    ],
    "I am finished.Then went home": ["finished", "then", "finished.Then"],
    "put <heddle> before <reed size=3>": ["heddle", "reed", "size=3", "<reed size=3>", '"<heddle> before"'],
    "salt &pepper; mix": ["pepper", "&pepper;", "salt pepper"],
    "in /usr/local/share/looms.txt": ["local", "looms.txt", "/usr/local", "share"],
    "python3.11 and covid-19": ["python", "python3.11", "3.11", "covid 19", "covid-19", "covid"],
    "snake_case|pipe\\back~tilde": ["snake", "case", "snake_case", "pipe", "back", "tilde"],
    "He said “loom” twice—really…then": ["loom", "“loom”", "twice", "really", "then", "«loom» twice"],
    "warp thread is blue": [
        "“warp thread”",
        "„warp thread“",
        "«warp thread»",
        "»warp thread«",
        "「warp thread」",
        "”warp thread”",
        "｢warp thread｣",
        "❝warp thread❞",
        '"warp thread',
        '“warp thread"',
        "warp -red",
        "blue or red",
        "driv or thr",
    ],
    "new drivers for heirlooms": ["driv", "loo", "driver", "irloo", "hei", "dr", "f", "DRIVERS"][:6],
    "nice café, schönes Stück": [
        "cafe",
        "café",
        "cafe\u0301",
        "scho\u0308nes",
        "SCHÖNES",
        "stuck",
        "schones",
    ],
    "Decomposed re\u0301sume\u0301": ["résumé", "resume", "RÉSUMÉ", "résu"],
    "Große ΟΔΟΣ Straße, Привет Ёлка": [
        "GROSSE",
        "große",
        "strasse",
        "οδος",
        "οδοσ",
        "ПРИВЕТ",
        "привет",
        "елка",
    ],
    "İstanbul ısı ｆｕｌｌ ﬁne": ["istanbul", "ISTANBUL", "full", "fine", "ｆine"],
    "織機を買いました。京都、大阪へ": ["織機", "織", "京都", "大阪", "買いました", "「織機を」", "まし"],
    "我们的织布机 is new": ["织布", "布机", "机", "我们的织布机", "new"],
    "ผ้าทอมือสวยมาก": ["ทอมือ", "สวย", "ผ้า"],
    "ខ្ញុំស្រឡាញ់ភាសាខ្មែរ": ["ភាសា", "ខ្មែរ"],
    "베틀이 도착했습니다": ["베틀", "도착", "했습", "베"],
    "Party 🎉 with 👍🏽 and 👩\u200d👩\u200d👧 ❤\ufe0f": [
        "🎉",
        "👍",
        "👩\u200d👩\u200d👧",
        "👧",
        "❤",
        "party🎉",
    ][:5],
    "مَرْحَبًا بالعالم שָׁלוֹם": ["مرحبا", "بالعالم", "שלום", "مَرْحَبًا"],
    "soft\u00adhyphen zero\u200bwidth": ["softhyphen", "zerowidth", "soft\u200bhyphen"],
    "at 10:30 note:remember": ["10:30", "note:remember", "remember", "note", "10"],
    'quotes: "in:bound" is has: care': ['"in:bound"', "has: care", "inbound or bound"],
    # The examples of the report, unchanged.
    "see https://docs.looms.example/warp/tension.html?x=1 for it": [
        "https://docs.looms.example/warp/tension.html?x=1",
        "<https://docs.looms.example/warp/tension.html?x=1>.",
        "tension",
    ],
    "if warp <weft and reed> thread": ["weft", "reed", "thread"],
    "he said “loom” twice": ["loom"],
    "warp—weft": ["warp", "weft"],
    "wait…then": ["wait", "then"],
    "10\u00a0kg": ["10", "kg", "10 kg"],
    "京都、大阪": ["京都", "大阪"],
    "Привет мир, ÜBER 🎉 party 😀": ["привет", "über", "u\u0308ber", "🎉", "😀"],
    # Similar examples.
    "C:\\Users\\ann\\notes.txt, \\\\server\\share": ["users", "notes.txt", "C:\\Users\\ann", "server\\share"],
    "ftp://files.example.net:21/pub/readme 2001:db8::1": ["files", "pub/readme", "2001:db8::1", "net:21"],
    "@channel #hashtag AT&T {{slot}} **bold** `code`": [
        "channel",
        "@channel",
        "hashtag",
        "AT&T",
        "slot",
        "bold",
    ],
    "don’t, rock'n'roll, well\u2011known": ["don't", "don’t", "rock", "well-known", "known"],
    "<!-- remark --><a href='y'>anchor</a>&lt;": ["remark", "href", "anchor", "<a href='y'>anchor</a>"],
    "https://例え.jp/道/検索?q=織機": ["例え", "検索", "https://例え.jp/道/検索?q=織機"],
    "\u1112\u1161\u11ab\u1100\u116e\u11a8어 ｱﾊﾟｰﾄ": ["한국어", "한국", "アパート"],
    "हिन्दी, தமிழ், น้ำใจ": ["हिन्दी", "தமிழ்", "น้ำ"],
    # Short words of an alphabet beside letters and signs of other scripts.
    "新しいPCとGoを買った、第3章と5G": ["PC", "pc", '"PC"', "Go", "3", "5G", "新しいPC", "pcと"],
    "ราคา50บาท": ["50", "50บาท", '"50"'],
    "ខ្ញុំទិញTVថ្មី": ["TV"],
    "새PC방에서 3시에": ["PC", "PC방", "3", "3시"],
    "👍ok we→go x≠y 1\ufe0f\u20e3one": ["ok", "👍ok", "go", "we", '"go"', "x", "y", "one", "1"],
    "我在GitHub上看v2": ["GitHub", "v2", '"v2"', "hub"],
    # Letters that look like an apostrophe.
    "п\u02bcять об\u2019єкт м'ята": ["п'ять", "п’ять", "п\u02bcять", "об'єкт", "м\u02bcята"],
    "Hawai\u02bbi o\u02bbzbek k\ua78catun": ["Hawai'i", "o‘zbek", "Hawai\u02bbi", "k'atun"],
    "C++ and F#, .NET": ["C++", "F#", ".NET"],
    "[::1]:8080 192.168.10.254 fe80::1%eth0": ["[::1]:8080", "192.168", "10.254", "fe80::1%eth0", "eth0"],
    "../../etc/passwd ~/.bashrc sha256:dead1 1'234,50": [
        "../../etc/passwd",
        "./etc",
        ".bashrc",
        "sha256:dead1",
        "1'234,50",
        "234",
    ],
}


@pytest.mark.parametrize("text", PARTS)
def test_parts_of_a_text_are_found_as_they_are_typed(browser_of, write, alice, bob, text):
    write(alice, bob, "something else 別 อื่น 🎈")
    wanted, browser = write(bob, alice, text), browser_of(alice)

    assert {query: _ids(_search(browser, query)) for query in PARTS[text]} == {
        query: [wanted.pk] for query in PARTS[text]
    }


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("iver", "the riv er"),
        ('"art"', "start here"),
        ('"loom arrive"', "loom did arrive"),
        ("is", "this wish"),
        ("a", "an apple"),
        ("café", "cafe"),
        ("-blue", "a blue warp"),
        ("都京", "京都"),
        ("京阪", "京都 大阪"),
        ("aabaa", "aab baa"),
        ("driverless", "driver"),
        # A phrase in any kind of quotes matches only these words in this order.
        *((typed, "a thread for the warp") for typed in PARTS["warp thread is blue"][:10]),
        ("‹warp thread›", "a thread for the warp"),
        ("“loom” “arr”", "the loom will arrive"),
        # The neighbours of a short word are letters of a word.
        ("ng", "mạng"),
        ("te", "Việte"),
        ('"Go"', "今日はGolangを"),
        ("-Go 今日", "今日はGoを"),
    ],
)
def test_a_text_that_has_only_the_letters_is_not_found(browser_of, write, alice, bob, query, text):
    write(alice, bob, text)

    assert _ids(_search(browser_of(alice), query)) == []


SIGNS = [
    *"-\"*(\\'?!.,&|:<",
    "???",
    "!!!",
    "...",
    '""',
    "- - -",
    '-""',
    "“”",
    "„",
    "<->",
    ":*",
    "…—",
    "€",
    "\u200b",
    "\u0301",
]


@pytest.mark.parametrize("query", SIGNS)
def test_signs_without_a_word_find_nothing_and_the_page_says_so(browser_of, alice, corpus, query):
    for requested in (query, f"from:me {query}"):
        page = _search(browser_of(alice), requested)
        assert _ids(page) == []
        assert "There is no word in" in page


@pytest.mark.parametrize(
    "query",
    [
        "from:bob", "from: bob", 'from:"bob"', "from:“bob”", "FROM:BOB", "from:bob to:me", "from：ｂｏｂ",
        "to:alice", "to:me to:bob from:bob", "from:bob after:2026-1-5", "from:bob after:today",
        "from:bob before:2100-01-01 before:2101-01-01",
    ],
)  # fmt: skip
def test_filters_alone_list_the_messages_of_a_member(browser_of, alice, corpus, query):
    assert _ids(_search(browser_of(alice), query)) == [corpus["answer"].pk]


@pytest.mark.parametrize(
    "query",
    [
        "from:me from:bob loom", "from:me or from:bob loom", "loom from:me OR from:bob",
        "from:bob or from:me or loom", "loom or from:bob or from:me",
        "to:bob from:me or from:bob or to:alice loom",
    ],
)  # fmt: skip
def test_a_filter_given_twice_means_either_member(browser_of, alice, corpus, query):
    found = _ids(_search(browser_of(alice), query))

    assert found == [corpus["answer"].pk, corpus["loom"].pk]


@pytest.mark.parametrize(
    "query",
    [
        "before:2030-1-5", "before:2030-01-05", "before: 2030-1-5", 'before:"2030-1-5"', "BEFORE:2030-1-05",
        "after:2026-3-5 before:2026-3-6", "after:2026-03-05 before:2026-12-31 before:2026-3-6",
        "before:today", "before:Today wool", "before: yesterday", "from:me before:today", "from:“alice” wool",
    ],
)  # fmt: skip
def test_days_may_be_short_or_words(browser_of, alice, bob, write, query):
    old = write(alice, bob, "Wool prices", timestamp=datetime(2026, 3, 5, 23, 59, tzinfo=UTC))
    new = write(bob, alice, "Wool prices") if "2030" not in query else None
    found = _ids(_search(browser_of(alice), query))

    assert old.pk in found
    assert new is None or new.pk not in found


@pytest.mark.parametrize(
    "query", ["from:nobodyatall", "to:nobodyatall loom", "from:bob from:nobodyatall", "with:nobodyatall x"]
)
def test_an_unknown_member_is_named(browser_of, alice, corpus, query):
    page = _search(browser_of(alice), query)

    assert "There is no member called “<bdi>nobodyatall</bdi>”" in page
    assert _ids(page) == []


def test_a_snippet_is_a_piece_of_the_text_as_written(browser_of, write, alice, bob):
    text = "x <y>  & " * 40 + "cafe\u0301  <heddle> 👩\u200d👩 " + "織" * 400
    write(alice, bob, text)
    page = _search(browser_of(alice), "heddle")
    piece = unescape(re.search(r'<span class="excerpt content" dir="auto">(.*?)</span>', page, re.DOTALL)[1])

    assert "<mark>heddle</mark>" in piece
    bare = re.sub("</?mark>", "", piece).strip("…")
    assert bare in text
    assert "cafe\u0301  <heddle> 👩\u200d👩" in bare
    assert len(bare) <= 300


@pytest.mark.parametrize("order", ["newest", "best"])
def test_snippet_has_no_markers(browser_of, write, alice, bob, order):
    write(alice, bob, "A **bold loom**, `code`\n```python\n2 * 3\n```\n> a quote\n" + "more words " * 40)
    client = browser_of(alice)
    pages = [_search(client, "loom", order=order), client.get("/chats/find/?q=loom").content.decode()]

    for page in pages:
        assert "A bold <mark>loom</mark>, code\n2 * 3\na quote\nmore words" in page


@pytest.mark.parametrize(
    ("word", "character"),
    [("words", "👩\u200d👩\u200d👧"), ("word", "e\u0301"), ("word", "🇩🇪"), ("word", "👍🏽")],
)
def test_a_snippet_is_cut_between_characters(word, character):
    pieces = snippet(f"{word} {character * 300}", [re.compile(word)])
    shown = "".join(text for text, _ in pieces).removeprefix(f"{word} ").removesuffix("…")

    assert shown.replace(character, "") == ""
    assert len(shown) > 200


def test_the_last_page_says_that_earlier_matches_need_before(browser_of, write_many, alice, bob, monkeypatch):
    monkeypatch.setattr("messaging.search.MOST_FOUND", 30)
    monkeypatch.setattr("messaging.search.MOST_RANKED", 30)
    write_many(alice, bob, 31, content="loom")
    for order in ("newest", "best"):
        first = _search(browser_of(alice), "loom", order=order)
        last = re.search(r"last=([\d._e-]+)", first)[1]
        second = _search(browser_of(alice), "loom", order=order, last=last)
        assert (len(_ids(first)), len(_ids(second))) == (25, 5)
        assert "For earlier ones" not in first
        assert "For earlier ones" in second


def test_search_that_takes_too_long_is_refused_with_an_explanation(
    browser_of, write_many, alice, bob, monkeypatch
):
    monkeypatch.setattr("messaging.search.SECONDS", 0.001)
    write_many(alice, bob, 300, content="aab aba baa " * 800)
    response = browser_of(alice).get("/chats/search/", {"q": "aabaa"})

    assert response.status_code == 422
    assert "takes too long" in response.content.decode()


SLOW = ["aa", "aa or ab or ba", '"aab aba" or "aba baa" or "baa aab"', "-z", "from:alice", "to:me -z",
        "with:alice", "aab before:2090-01-01", " or ".join(["aab"] * 10), "baa -nobody", "a b"]  # fmt: skip


@pytest.mark.parametrize("order", ["newest", "best"])
@pytest.mark.parametrize("query", SLOW)
def test_slow_search_of_any_kind_is_cancelled_and_explained(
    browser_of, write, alice, bob, monkeypatch, query, order
):
    """The statement sleeps as soon as it has a candidate."""
    slow = SEARCH.replace("WHERE m.folded", "WHERE (SELECT pg_sleep(20)) IS NOT NULL AND m.folded")
    assert slow != SEARCH
    monkeypatch.setattr("messaging.search.SEARCH", slow)
    monkeypatch.setattr("messaging.search.SECONDS", 0.02)
    write(alice, bob, "aab aba baa " * 8)
    response = browser_of(bob).get("/chats/search/", {"q": query, "order": order})

    assert (response.status_code, "takes too long" in response.content.decode()) == (422, True)


@pytest.mark.django_db(transaction=True)
def test_time_limit_of_a_search_does_not_apply_afterwards(browser_of, message, bob):
    def limits():
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            return cursor.fetchone()

    before = limits()
    assert SECONDS == 2
    assert browser_of(bob).get("/chats/search/", {"q": "morning"}).status_code == 200
    assert limits() == before == ("30s",)


@pytest.mark.parametrize("words", [11, 33, 60])
@pytest.mark.parametrize("joined", [" ", " or ", " -"])
def test_search_for_too_many_words_makes_no_query_for_messages(
    browser_of, alice, corpus, words, joined, django_assert_max_num_queries
):
    browser = browser_of(alice)
    with django_assert_max_num_queries(3):
        response = browser.get("/chats/search/", {"q": joined.join(["w"] * words)})

    assert response.status_code == 422
    is_long = len(joined.join(["w"] * words)) > 200
    said = "of 200 characters" if is_long else f"at most 10 words; these are {words}"
    assert said in response.content.decode()


@pytest.mark.parametrize("most", [1, 3, 5])
def test_order_best_ranks_only_the_latest_matches(browser_of, write_many, alice, bob, monkeypatch, most):
    monkeypatch.setattr("messaging.search.MOST_RANKED", most)
    ranked, read = [], []
    monkeypatch.setattr("messaging.search.rank", lambda text, marked: ranked.append(text) or 1.0)
    monkeypatch.setattr("messaging.search.execute", lambda *args: read.append(execute(*args)) or read[-1])
    write_many(alice, bob, 9, content="loom")
    _search(browser_of(alice), "loom", order="best")

    assert ranked == [f"loom {number}" for number in range(8, 8 - most, -1)]
    assert len(read[-1]) == most + 1  # The additional row shows that there are earlier matches.
    assert MOST_RANKED == 200


@pytest.mark.parametrize(
    "query",
    [
        "loom:*", "loom & !arrive | x", "'loom'", "loom\\", "\u202eloom\u202c", "%", "a" * 200, "((((",
        '""""', "«“„loom“”»", "or", "or or or", "loom or", "or loom", "loom or -x", "{{ 7 }}",
        "loom <-> arrive", "--force", "-", "\U000e0041", "ſince:x",
    ],
)  # fmt: skip
def test_hostile_searches_are_answered(browser_of, alice, corpus, query):
    for order in ("newest", "best"):
        _search(browser_of(alice), query, order=order)


def test_postgresql_and_python_read_letters_alike(db):
    """Compare the SQL functions of the index with the Python functions that mark words.

    The texts contain the letters of most scripts.
    """
    pool = [chr(code) for code in [*range(1, 0x3200), *range(0xA000, 0xA100), *range(0xAC00, 0xAC80),
            *range(0xF900, 0x10000), *range(0x1F300, 0x1F700)]]  # fmt: skip
    pool = [letter for letter in pool if unicodedata.category(letter) not in {"Cn", "Cs", "Co"}]
    random.Random(3).shuffle(pool)
    texts = ["".join(pool[at : at + 12]) for at in range(0, len(pool), 12)]
    statement = """SELECT messaging_search_text(t), messaging_search_accented(t),
      tsvector_to_array(messaging_search_keys(t, 1::bigint, 2::bigint)) FROM unnest(%s::text[]) AS t"""
    for text, (plain, accented, made) in zip(texts, execute("default", statement, [texts]), strict=True):
        assert (plain, accented) == (letters.fold(text), letters.fold(text, accents=True))
        assert set(made) == {"@1", "@2", *keys(f" {letters.words(plain)} ")}


def test_a_word_beside_another_script_is_marked_and_ranked_as_a_word(browser_of, alice, bob, write):
    part, word = write(bob, alice, "upcoming"), write(bob, alice, "新しいpcoを")
    page = _search(browser_of(alice), "pco", order="best")

    assert _ids(page) == [word.pk, part.pk]
    assert "新しい<mark>pco</mark>を" in page
