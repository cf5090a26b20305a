"""Failures while members send continuously: no acknowledged message is lost, and the site recovers soon."""

import re
import time

import pytest

from tests.deployment.compose.judging import AWAY, RECOVERY_SECONDS, judge
from tests.deployment.compose.sending import Load
from tests.support.http_client.connection import fetch


def kill_a_worker(stack):
    code = (
        "import os; children = open('/proc/1/task/1/children').read(); os.kill(int(children.split()[0]), 9)"
    )
    stack.python("web", code)


def pause_redis(stack):
    stack.compose("pause", "redis")
    time.sleep(8)
    stack.compose("unpause", "redis")


FAULTS = {
    "kill -9 of a web worker": kill_a_worker,
    "kill -9 of the web container": lambda stack: stack.kill_9("web"),
    "kill -9 of the nginx container": lambda stack: stack.kill_9("nginx"),
    "kill -9 of PostgreSQL": lambda stack: stack.kill_9("postgres"),
    "restart of PostgreSQL": lambda stack: stack.compose("restart", "postgres"),
    "restart of Redis": lambda stack: stack.compose("restart", "redis"),
    "Redis frozen for 8 s": pause_redis,
    "reload of nginx": lambda stack: stack.compose("exec", "--no-TTY", "nginx", "nginx", "-s", "reload"),
}
WITHOUT_FAILURES = {"restart of Redis", "Redis frozen for 8 s", "reload of nginx"}
# Without nginx no server can return 502: the connection is refused or closed. A connection that is closed
# between the headers and the body of a request raises BrokenPipeError: for a socket that the peer has
# closed, Linux returns EPIPE instead of ECONNRESET.
WITHOUT_NGINX = {"kill -9 of the nginx container"}
CUT_OFF = {"ConnectionResetError", "BrokenPipeError", "RemoteDisconnected"}
UNREACHABLE = AWAY | CUT_OFF | {"ConnectionRefusedError"}


@pytest.fixture
def load(stack, members):
    stack.wait_until_healthy(RECOVERY_SECONDS)
    return Load(stack, members)


@pytest.mark.parametrize("name", FAULTS)
def test_no_acknowledged_message_is_lost_after_a_failure(name, stack, load, note):
    with load:
        began = time.monotonic()
        FAULTS[name](stack)
        stack.wait_until_healthy(RECOVERY_SECONDS)
        load.wait_for_more(RECOVERY_SECONDS)
        well = time.monotonic() - began
        if name == "Redis frozen for 8 s":
            well -= 8
        load.wait_for_more()

    judge(load, began, well, note, name, allowed=UNREACHABLE if name in WITHOUT_NGINX else AWAY)
    if name in WITHOUT_FAILURES:
        assert load.failures() == []


def test_static_files_come_from_nginx_while_web_is_down(stack):
    def get(path):
        return fetch(stack.url, "GET", path, timeout=10)

    style = re.search(r'href="(/static/[^"]+\.css)"', get("/accounts/login/").text)[1]
    assert get(style).status == 200
    stack.compose("stop", "web")
    try:
        assert get(style).status == 200
        away = get("/accounts/login/")
        assert away.status in {502, 503}
        assert away.headers["Retry-After"] == "5"
        assert "Your messages are safe" in away.text
    finally:
        stack.compose("start", "web")
        stack.wait_until_healthy(RECOVERY_SECONDS)
