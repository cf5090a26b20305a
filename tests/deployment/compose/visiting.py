"""Visitors who load a page with all its static files again and again, as browsers without a cache do."""

import http.client
import re
import threading
import time
from pathlib import Path

from tests.support.http_client.connection import fetch

PAUSE = 0.05
STATIC = re.compile(r'"(/static/[^"]+)"')


class Visitor(threading.Thread):
    """Loads the log-in page while the `with` block runs, and notes each answer that is not 200."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.url, self.over = url, threading.Event()
        self.failures: list[str] = []
        self.files: set[str] = set()

    def __enter__(self) -> "Visitor":
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.over.set()
        self.join(60)

    def run(self) -> None:
        while not self.over.is_set():
            for path in STATIC.findall(self.load("/accounts/login/")):
                self.load(path)
                self.files.add(path)
            time.sleep(PAUSE)

    def load(self, path: str) -> str:
        try:
            answer = fetch(self.url, "GET", path)
        except (OSError, http.client.HTTPException) as error:
            self.failures.append(f"{path}: {error!r}")
            return ""
        if answer.status != 200:
            self.failures.append(f"{path}: {answer.status}")
        return answer.text


def change_static_files(checkout: Path) -> None:
    """Give every style sheet and script of the next release another content, and thereby another name."""
    folder = checkout / "services/web/chats/static/chats"
    for path in [*folder.glob("*.css"), *folder.glob("*.js")]:
        comment = "/* next */" if path.suffix == ".css" else "\nexport {};"
        path.write_text(f"{path.read_text()}{comment}\n")
