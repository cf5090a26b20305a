"""What breaks while members send all the time: nothing acknowledged is lost, and all is well again soon."""

import re
import time
import urllib.error
import urllib.request

import pytest
from sending import Load

WELL_AGAIN_WITHIN = 30


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
NOBODY_NOTICES = {"restart of Redis", "Redis frozen for 8 s", "reload of nginx"}
# Then nothing is there to say 502: one is refused, or cut off. To be cut between the headers of a message
# and its body is a broken pipe: once the other side has closed, Linux says EPIPE instead of ECONNRESET.
NO_DOOR = {"kill -9 of the nginx container"}
AWAY = {"502", "503"}
CUT_OFF = {"ConnectionResetError", "BrokenPipeError", "RemoteDisconnected"}
NOBODY_ANSWERS = AWAY | CUT_OFF | {"ConnectionRefusedError"}


@pytest.fixture
def load(stack, members):
    stack.wait_until_healthy(WELL_AGAIN_WITHIN)
    return Load(stack, members)


def judge(load, began, well, note, name, allowed=AWAY):
    """Note what happened, and hold it against what was promised."""
    checked = load.audit()
    wrong = checked.lost + checked.doubled + checked.misdelivered + checked.wrong_counters
    failed = ", ".join(f"{count} x {what}" for what, count in load.kinds().items()) or "none"
    note(name, load.acknowledged(), failed, f"{load.longest_silence():.1f} s", f"{well:.1f} s", wrong)

    assert checked.is_clean, str(checked)
    assert set(load.kinds()) <= allowed
    assert all(failure.at < began + WELL_AGAIN_WITHIN for failure in load.failures())


@pytest.mark.parametrize("name", FAULTS)
def test_nothing_acknowledged_is_lost(name, stack, load, note):
    with load:
        began = time.monotonic()
        FAULTS[name](stack)
        stack.wait_until_healthy(WELL_AGAIN_WITHIN)
        load.wait_for_more(WELL_AGAIN_WITHIN)
        well = time.monotonic() - began
        if name == "Redis frozen for 8 s":
            well -= 8
        load.wait_for_more()

    judge(load, began, well, note, name, allowed=NOBODY_ANSWERS if name in NO_DOOR else AWAY)
    if name in NOBODY_NOTICES:
        assert load.failures() == []


def test_the_static_files_come_from_nginx_while_web_is_away(stack):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    page = opener.open(f"{stack.url}/accounts/login/", timeout=10).read().decode()
    style = stack.url + re.search(r'href="(/static/[^"]+\.css)"', page)[1]
    opener.open(style, timeout=10).read()
    stack.compose("stop", "web")
    try:
        with opener.open(style, timeout=10) as answer:
            assert answer.status == 200
        with pytest.raises(urllib.error.HTTPError) as away:
            opener.open(f"{stack.url}/accounts/login/", timeout=10)
        assert away.value.code in {502, 503}
        assert away.value.headers["Retry-After"] == "5"
        assert b"Your messages are safe" in away.value.read()
    finally:
        stack.compose("start", "web")
        stack.wait_until_healthy(WELL_AGAIN_WITHIN)
