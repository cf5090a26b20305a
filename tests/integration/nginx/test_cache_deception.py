"""No address makes nginx or a shared cache treat a private page as a static file."""

import pytest

ADDRESSES = [
    "/chats/", "/chats/?x.css", "/chats/x.css", "/chats/;x.css", "/chats/%3bx.css", "/chats/%00.css",
    "/chats/%0ax.css", "/static/../chats/", "/static/%2e%2e/chats/", "/static/..%2fchats/",
    "/static/x/..//../chats/", "/static//../chats/", "/chats/../static/../chats/",
    "/static/chats/../../chats/", "//static/../chats/", "/chats//static/chats/bobbin.css",
    "/static\\..\\chats/", "/Static/../chats/",
]  # fmt: skip
MEMBER = b'href="/accounts/"'  # Only the pages of a member have this link.


@pytest.fixture
def cookie(site, anna):
    answer = site.log_in("192.0.2.77", "a-long-enough-1")
    return next(
        value.split(";")[0] for name, value in answer.headers.items() if value.startswith("sessionid=")
    )


def test_private_page_is_never_cacheable_as_a_static_file(site, cookie):
    pages = {at: site.fetch("GET", at, "192.0.2.78", cookie=cookie) for at in ADDRESSES}
    private = {at: page for at, page in pages.items() if MEMBER in page.body}

    assert "/chats/" in private
    assert {at for at, page in private.items() if "private" not in page.headers["Cache-Control"]} == set()
    assert {at: page.status for at, page in pages.items() if page.status >= 500} == {}
    visitor = {at: site.fetch("GET", at, "192.0.2.79").body for at in private}
    assert {at for at, body in visitor.items() if MEMBER in body} == set()
