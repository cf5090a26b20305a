"""Memory limit for pages with long texts.

A page of the longest texts needs up to 60 MiB while it is rendered: one character can become 100 bytes of
HTML and objects. Several at once, beside password hashes, exceeded the memory limit of the container.
"""

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext

from caching import memory

RENDERED = 128  # Bytes for each character. The worst text consists of short addresses and an emoji.
# The memory of a thread (THREAD_MIB in gunicorn.conf.py) is enough for pages with fewer characters.
LARGE = 64 * 1024


def memory_for(texts: Iterable[str]) -> AbstractContextManager[None]:
    """Return a context that holds the memory for a page of these texts, shared with the password hashes.

    Rendering holds the GIL, so it takes no longer when other large pages wait for the memory.
    """
    characters = sum(map(len, texts))
    if characters <= LARGE:
        return nullcontext()
    return memory.shared.taken(characters * RENDERED // 2**20)
