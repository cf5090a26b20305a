"""`createsuperuser` and `changepassword` in a terminal.

`createsuperuser` gives the reason for refusing a name and prompts again.
"""

import os
import pty
import select
import subprocess
import sys

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from accounts.models import User

PROMPTS = ("Username", "Email address:", "Password:", "Password (again):", "[y/N]:")
PASSWORD = "a-long-enough-1"


@pytest.fixture
def terminal(transactional_db):
    """Run a command in a terminal, type one line at each prompt, and return its output."""
    processes = []

    def run(*lines, arguments=(), name="createsuperuser"):
        own, foreign = pty.openpty()
        database = connection.settings_dict
        environment = {"POSTGRES_DB": database["NAME"], "POSTGRES_HOST": database["HOST"]}
        command = [sys.executable, "services/web/manage.py", name, *arguments]
        processes.append(
            subprocess.Popen(
                command, stdin=foreign, stdout=foreign, stderr=foreign, start_new_session=True,
                env=os.environ | environment,
            )
        )  # fmt: skip
        os.close(foreign)
        return _converse(own, iter(lines))

    yield run
    for process in processes:
        process.kill()
        process.wait()


def _converse(terminal, lines) -> str:
    said, new = "", ""
    while select.select([terminal], [], [], 60)[0]:
        try:
            read = os.read(terminal, 4096).decode()
        except OSError:  # The command has exited.
            break
        said, new = said + read, new + read
        if new.rstrip().endswith(PROMPTS) or (new.rstrip().endswith(":") and "Username" in new):
            new = ""
            os.write(terminal, f"{next(lines)}\n".encode())
    os.close(terminal)
    return said


def test_refused_name_is_prompted_for_again_with_the_reason(terminal, member):
    member("olga"), member("José"), member("apple")
    refused = ["JOSE\u0301", "o1ga", "olɡa", "аррӏе", "..", "tіki", "chief"]
    said = terminal(*refused, "c@x.example", PASSWORD, PASSWORD)

    assert said.count("looks like another member's") == 3
    assert said.count("already taken") == 1
    assert said.count("at least one letter or digit") == 1
    assert said.count("mixes scripts") == 1
    assert said.count("Password:") == 1
    assert "created successfully" in said
    assert User.objects.filter(is_superuser=True).get().username == "chief"


def test_username_option_that_resembles_another_name_is_refused_before_the_password(terminal, member):
    member("olga")
    said = terminal("chief", "c@x.example", PASSWORD, PASSWORD, arguments=["--username", "0lga"])

    assert said.index("looks like another member's") < said.index("Password:")
    assert User.objects.filter(is_superuser=True).get().username == "chief"


@pytest.mark.parametrize("typed", ["JOSE\u0301", "ｊｏｓé"])
def test_changepassword_finds_the_user_by_any_spelling(terminal, member, typed):
    user = member("José")
    said = terminal(PASSWORD, PASSWORD, arguments=[typed], name="changepassword")
    user.refresh_from_db()

    assert "Password changed successfully" in said
    assert user.check_password(PASSWORD)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "said"), [("o1ga", "looks like"), ("OLGA", "is taken"), ("0LGA", "looks like")]
)
def test_create_superuser_with_a_name_that_resembles_another_is_refused(member, name, said):
    member("olga")
    with pytest.raises(ValidationError, match=said):
        User.objects.create_superuser(name)
