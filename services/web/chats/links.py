"""Web addresses in what people wrote become links; everything else stays text."""

import re
from html import escape

from django.utils.safestring import SafeString

# Up to a blank, or what could end an attribute, or turn the direction in which an address is read.
ADDRESS = re.compile(r"https?://[^\s<>\"'`\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+", re.IGNORECASE)
# What ends a sentence rather than an address.
AFTER = ".,;:!?…*_~»”\u2019"
PAIRS = {")": "(", "]": "[", "}": "{"}


def linked(text: str) -> str | SafeString:
    """`text`, or HTML in which addresses are links and the rest is escaped."""
    if "://" not in text:
        return text
    html, end = [], 0
    for found in ADDRESS.finditer(text):
        address = _without_sentence(found[0])
        html.append(escape(text[end : found.start()]))
        html.append(_link(address) if len(address) > len("https://") else escape(address))
        end = found.start() + len(address)
    html.append(escape(text[end:]))
    return SafeString("".join(html))


def _without_sentence(address: str) -> str:
    """Without the full stop after it, or a bracket that was opened before it."""
    while address:
        last = address[-1]
        opened = PAIRS.get(last)
        if last not in AFTER and not (opened and address.count(last) > address.count(opened)):
            break
        address = address[:-1]
    return address


def _link(address: str) -> str:
    shown = escape(address)
    return f'<a href="{shown}" rel="noopener noreferrer nofollow ugc" target="_blank">{shown}</a>'
