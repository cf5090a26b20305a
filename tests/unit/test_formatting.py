"""The small part of Markdown in messages: which texts are formatted, and which stay as they were typed."""

import html
import re
import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markupsafe import escape

from chats import large_pages
from chats.formatting import formatted, without_markers
from messaging.content import VISIBLE
from tests.support.counting.texts_of_units import UNITS, repeated

FORMATTED = [
    ("**bold** and *italic* or _italic_", "<strong>bold</strong> and <em>italic</em> or <em>italic</em>"),
    ("***both***", "<strong><em>both</em></strong>"),
    ("**bold _and italic_**", "<strong>bold </strong><strong><em>and italic</em></strong>"),
    ("***a* b**", "<strong><em>a</em></strong><strong> b</strong>"),
    ("***a** b*", "<strong><em>a</em></strong><em> b</em>"),
    ("*a **b***", "<em>a </em><strong><em>b</em></strong>"),
    ("**a **b** c**", "<strong>a </strong><strong>b</strong><strong> c</strong>"),
    ("(*really*), “**yes**”!", "(<em>really</em>), “<strong>yes</strong>”!"),
    ('*"quoted"* **Note**-taking', "<em>&#34;quoted&#34;</em> <strong>Note</strong>-taking"),
    ("这是**粗体**文字", "这是<strong>粗体</strong>文字"),
    ("**“你好”**世界", "<strong>“你好”</strong>世界"),
    ("**단어**는", "<strong>단어</strong>는"),
    ("\u200f*שלום* **Great**🎉", "\u200f<em>שלום</em> <strong>Great</strong>🎉"),
    ("`a*b*c` and ``a`b``", "<code>a*b*c</code> and <code>a`b</code>"),
    ("`` `a` `` 使用`b`函数", "<code>`a`</code> 使用<code>b</code>函数"),
    ("**see `x`**", "<strong>see </strong><strong><code>x</code></strong>"),
    ("`<b>` & <i>", "<code>&lt;b&gt;</code> &amp; &lt;i&gt;"),
    ("```\n <b>x</b>\n\n  *y*\n```", '<pre dir="auto"><code> &lt;b&gt;x&lt;/b&gt;\n\n  *y*</code></pre>'),
    ("a\n```py\nx\n```\nb", 'a<pre dir="auto"><code>x</code></pre>b'),
    ("````\n```\n````", '<pre dir="auto"><code>```</code></pre>'),
    ("> a\n> *b*\nc", '<blockquote dir="auto">a\n<em>b</em></blockquote>c'),
    ("> a\n>\n> > b\n\nc", '<blockquote dir="auto">a<blockquote dir="auto">b</blockquote></blockquote>c'),
    ("- a\n- *b*", '<ul dir="auto"><li>a</li><li><em>b</em></li></ul>'),
    ("To do:\n* a\n\n* b\nc", 'To do:<ul dir="auto"><li>a</li><li>b</li></ul>c'),
    ("3. a\n1. b\n1. c", '<ol dir="auto"><li value="3">a</li><li value="1">b</li><li value="1">c</li></ol>'),
    ("- a\n  b\n- c", '<ul dir="auto"><li>a\nb</li><li>c</li></ul>'),
    (
        "- a\n  1. b\n- c",
        '<ul dir="auto"><li>a<ol dir="auto"><li value="1">b</li></ol></li><li>c</li></ul>',
    ),
    ("  a\n\n\n  *b*", "  a\n\n\n  <em>b</em>"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "made"), FORMATTED, ids=ascii)
def test_text_with_markers_is_formatted(text, made):
    assert formatted(text) == made


# Texts from before there was Markdown.
UNCHANGED = [
    "snake_case_name and _private, __init__ or __x__", "2*3*4 = 24, 2 * 3 * 4, 2**3**4, a*b", "* ",
    "-", "*", "_", "**", "****", "** **", "* * *",
    "***", "---", "___", "*_* lol *_*", ":-* and :-*", ":* kiss :*",
    ">_< and >_<", "^_^ and ^_^", "-_- ._. ;_; T_T o_O @_@ (>_<) (*_*)", "*.* and *.*",
    "¯\\_(ツ)_/¯ ¯\\_(ツ)_/¯",
    "C:\\_build\\*.txt and \\\\server\\_share_\\*", "*.txt, *.md and src/**/*.py, lib/**/*.js",
    "ls *.c *.h foo*",
    "first_last_name@example.org _", "#tag_name_x #_x_", "@user_name_", "/* a comment */ b /* c */",
    "int *a, *b; f(*args, **kwargs)", "char* c, char* d;", "\"*\" or \"*\", '_' and '_'", "(*) see below (*)",
    "5* hotel, 4* hotel", "it`s John`s", "` ` and `", "```", "```\n```", "```\ncode", "``quoted''",
    "- Bob", "* waves", "1. Dezember", "01. 02. 2026\n02. 02. 2026", "2026. Ja\n2027. Ja", "1) a\n2) b",
    "+ 3 eggs\n+ 2 eggs", "-5\n-7", ">", ">a\n>b", ">>> x = 1\n>>> y", ">:( a", "> ", ">\n>", "<3\n> \n",
    "# a", "a\n===", "a\n---\nb", "| a | b |\n|---|---|", "[a](b) ![a](b) <b>x</b> &amp; &#42; \\*a\\*",
    "[a]: b", "~~a~~ ~a~", "    a\n\tb", "a  \nb\\\nc", "*a\nb*", "`a\nb`", "_a\n\nb_",
]  # fmt: skip


@pytest.mark.parametrize("text", UNCHANGED, ids=ascii)
def test_text_that_was_typed_without_a_thought_of_markers_stays_as_it_is(text):
    assert formatted(text) == escape(text)


LINK = '<a href="{0}" rel="noopener noreferrer nofollow ugc" target="_blank">{0}</a>'


def test_address_with_markers_stays_a_link():
    address = "https://a.b/_c_/*d*/**e**/f_g_?h=*i*&amp;j"
    text = html.unescape(address)

    assert formatted(f"_a {text}") == f"_a {LINK}".format(address)
    assert formatted(f"**{text}**") == f"<strong>{LINK}</strong>".format(address)
    assert formatted(f"> *{text}* `x`").startswith(f'<blockquote dir="auto"><em>{LINK}</em>'.format(address))


def test_address_in_code_is_no_link():
    assert formatted("`https://a.b`\n```\nhttps://a.b\n```").count("<a ") == 0


def test_first_200_addresses_in_lines_with_markers_are_links():
    assert formatted("*a* https://a.b\n" * 300).count("<a ") == 200


HOSTILE = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "**<svg/onload=alert(1)>**", "`<script>`",
    "[x](javascript:alert(1))", "![x](x\" onerror=\"alert(1))", "<javascript:alert(1)>", "javascript://%0aalert(1)",
    "> <iframe src=//x>", "- <b>\n- </ul><script>", "```\"><script>\n</code></pre><script>\n```",
    "```\n</code></pre><script>\n```", "1. \"><script>\n2. x", "https://a.b/\"onmouseover=\"alert(1)",
    "**https://a.b/<script>**", "*</em><script>*", "&lt;script&gt; *&#60;*", "[x]: javascript:alert(1)\n[x]",
    "_https://a.b/'onclick='x'_", "<a href=\"https://a.b\">x</a>", "<!-- **x** -->", "<![CDATA[ *x* ]]>",
    "\x00*x*",
]  # fmt: skip
TAG = re.compile(
    r"</?(?:strong|em|code|ul|ol|li|pre|blockquote)>|<(?:ul|ol|pre|blockquote) dir=\"auto\">"
    r'|<li value="[0-9]{1,3}">'
    r'|<a href="https?://[^"<>]+" rel="noopener noreferrer nofollow ugc" target="_blank">|</a>',
    re.IGNORECASE,
)


def shown(text: str) -> str:
    """Return the visible text of a message. Fail if its HTML has another tag than those of the subset."""
    without_tags = TAG.sub("", formatted(text))
    assert not set("<>\"'") & set(without_tags), without_tags
    return html.unescape(without_tags)


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_hostile_text_makes_no_other_tag_or_attribute(text):
    assert without(text) == without(shown(text))


# `z` stands for the letters of the language of code, which are not shown.
MARKERS = re.compile(r"[*_`>\-\s.0-9z]")
PIECES = st.one_of(
    st.sampled_from(
        ["*", "**", "_", "`", "```", "```z", "\n", "\n> ", "\n- ", "\n* ", "\n1. ", "  ", "\n  - ", "> "]
    ),
    st.sampled_from([*"ab<>&\"'\\[](){}!#~|+é木א\u202e\u200b\x00 ", "https://a.b/c_d_", "&lt;", *UNITS]),
)


def without(text: str) -> str:
    return MARKERS.sub("", text)


@given(st.lists(PIECES, max_size=40).map("".join))
@example("- a\n- b\n\n\n1. c\n   - d\n\n     e\n   - f\n2. g")
def test_any_text_shows_all_characters_but_markers_and_only_the_tags_of_the_subset(text):
    assert without(shown(text)) == without(text)
    assert without(without_markers(text)) == without(text)
    assert VISIBLE.search(shown(text)) or not VISIBLE.search(text)


@given(st.lists(PIECES, max_size=40).map("".join))
def test_elements_of_any_text_are_nested(text):
    opened = []
    for closes, name in re.findall(r"<(/?)(\w+)", formatted(text)):
        assert not closes or opened.pop() == name
        if not closes:
            opened.append(name)
    assert opened == []


@pytest.mark.parametrize("text", ["**\u200b**", "`\u200b`", "```\n\u200b\n```", "> \u200b", "** *"])
def test_text_whose_words_are_invisible_shows_its_markers(text):
    assert formatted(text) == escape(text)


def test_markers_deeper_than_four_levels_stay_text():
    assert shown("> " * 6 + "a") == "> > a"
    assert shown("- " * 6 + "a\n- b") == "- - ab"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("**a** `b` _c_", "a b c"),
        ("> a\nb", "a\nb"),
        ("a\n- *b*\n- c", "a\n- b\n- c"),
        ("2. a\n3. b", "2. a\n3. b"),
        ("```\nx\n```", "x"),
        ("**an excerpt that is cut…", "**an excerpt that is cut…"),
    ],
)
def test_excerpt_has_no_markers(text, plain):
    assert without_markers(text) == plain


def test_first_400_markers_and_200_items_of_a_message_are_formatted():
    assert formatted("*a* " * 201) == "<em>a</em> " * 200 + "*a* "
    assert [formatted("- a\n" * count).count("<li>") for count in (199, 300)] == [199, 200]
    assert [formatted("> a\n\n" * count).count("</bl") for count in (200, 201)] == [200, 200]


def test_formatted_text_needs_no_more_memory_than_the_estimate_of_large_pages():
    needed = {}
    for unit in UNITS:
        text = repeated(unit, 10_000)
        tracemalloc.start()
        formatted(text)
        needed[unit] = tracemalloc.get_traced_memory()[1] / len(text)
        tracemalloc.stop()

    assert {unit: most for unit, most in needed.items() if most > large_pages.RENDERED} == {}
    assert max(needed.values()) > 10
