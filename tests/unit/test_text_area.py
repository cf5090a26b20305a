"""TextArea renders the same HTML as Django's Textarea, without a template."""

from html.parser import HTMLParser

import pytest
from django import forms

from chats.forms import TextArea


class _Read(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, sorted(attrs)))

    def handle_data(self, data):
        self.found.append(data)


@pytest.mark.parametrize("value", [None, "", "\n\nTwo lines\nbefore", "</textarea><script>'&\"", "ümläut"])
def test_text_area_renders_the_same_elements_as_django(value):
    attributes = {"id": "id_content", "aria-invalid": "true", "required": False, "disabled": True}
    widgets = [kind(attrs={"rows": 4, "title": '"<'}) for kind in (TextArea, forms.Textarea)]
    html = [widget.render("content", value, attributes) for widget in widgets]

    assert _Read(html[0]).found == _Read(html[1]).found
    assert "<script>" not in html[0]
