"""Wrong use of the make targets is reported in one line, and leaves nothing behind."""

import os
import socket
import subprocess
import sys

import pytest

pytestmark = pytest.mark.xdist_group("stack")


def refuses(checkout, *targets: str, **env: str) -> str:
    """Run make, check that it fails with a single line of our own, and return that line."""
    code, said = checkout.make(*targets, **env)
    lines = [line for line in said.splitlines() if not line.startswith(("make: ***", "  ", "Bobbin starts"))]
    assert code != 0
    assert len(lines) == 1, said
    assert not (checkout.folder / ".run/state.json").exists()
    return lines[0]


def test_run_with_a_taken_port_is_refused(checkout):
    with socket.create_server(("127.0.0.1", int(checkout.port))):
        said = refuses(checkout, "run")

    assert said.startswith(
        f"Bobbin: port {checkout.port} of 127.0.0.1 cannot be used (Address already in use)"
    )
    assert not (checkout.folder / ".run/postgres").exists()


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"LOG_LEVEL": "loud"}, "Bobbin: LOG_LEVEL is 'loud'; it can be DEBUG,"),
        ({"HTTPS": "maybe"}, "Bobbin: HTTPS is 'maybe'; it must be true or false"),
        ({"SECRET_KEY": "short"}, "Bobbin: SECRET_KEY is shorter than 50 characters"),
        ({"HOST": "nowhere.invalid"}, "Bobbin: HOST=nowhere.invalid is not an address of this machine"),
    ],
)
def test_run_with_a_wrong_setting_is_refused(checkout, env, said):
    assert refuses(checkout, "run", **env).startswith(said)
    assert not (checkout.folder / ".run/postgres").exists()


def test_manage_in_a_folder_of_containers_is_refused(checkout):
    (checkout.folder / "secrets").mkdir()
    try:
        said = refuses(checkout, "manage", CMD="createsuperuser --username alice")
    finally:
        (checkout.folder / "secrets").rmdir()

    assert said.endswith("docker compose exec web python manage.py createsuperuser --username alice")
    assert not (checkout.folder / ".run").exists()


@pytest.mark.parametrize("port", ["0", "70000", "http"])
def test_run_with_an_invalid_port_is_refused(checkout, port):
    checkout.port = port

    assert refuses(checkout, "run").startswith(f"Bobbin: PORT={port} is not a port")


def test_late_refusal_stops_the_servers_and_only_reset_deletes_data(used_checkout):
    checkout = used_checkout
    said = refuses(checkout, "run", WEB_WORKERS="many")
    assert said.startswith("Bobbin: the web server did not start: WEB_WORKERS is 'many'; it must be")
    assert not (checkout.folder / ".run/postgres/postmaster.pid").exists()

    with (checkout.folder / "services/web/config/settings.py").open("a") as settings:
        settings.write("\nMIDDLEWARE = []\n")
    code, said = checkout.make("run")
    assert code != 0
    assert "(admin.E408) 'django.contrib.auth.middleware.AuthenticationMiddleware' must be in" in said
    assert "Traceback" not in said
    assert not (checkout.folder / ".run/postgres/postmaster.pid").exists()

    assert "nobody is there to ask; `make reset YES=1`" in refuses(checkout, "reset")
    assert (checkout.folder / ".run/postgres").exists()
    assert checkout.make("reset", "YES=1") == (0, "All data are deleted.\n")
    assert not (checkout.folder / ".run/postgres").exists()


def test_run_with_a_missing_or_old_python_is_refused(checkout):
    (checkout.folder / ".venv").unlink()
    old = checkout.folder / "old-python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    for python in ("/nonexistent/python3", str(old)):
        said = refuses(checkout, "run", PYTHON=python)
        assert said.startswith("Bobbin: Python 3.11 or newer is needed")


def test_run_with_a_python_without_venv_is_refused(checkout):
    (checkout.folder / ".venv").unlink()
    bare = checkout.folder / "bare-python"
    bare.write_text(f'#!/bin/sh\ncase "$2" in "import venv"*) exit 1 ;; esac\nexec {sys.executable} "$@"\n')
    bare.chmod(0o755)

    assert "has no venv module" in refuses(checkout, "run", PYTHON=str(bare))


def test_run_with_a_file_in_place_of_its_folder_is_refused(checkout):
    (checkout.folder / ".run").write_text("")

    assert "is in the way: it must be a folder, or not exist." in refuses(checkout, "run")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, who may mount a small disk")
def test_run_on_a_full_disk_is_refused(checkout):
    run = checkout.folder / ".run"
    run.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8m,mode=755", "tmpfs", str(run)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount")
    try:
        assert "No space left on device" in refuses(checkout, "run")
        assert not (run / "postgres").exists()
        assert not (run / "postgres.new").exists()
    finally:
        subprocess.run(["umount", run], check=True)


def test_manage_with_an_open_quotation_is_refused(checkout):
    said = refuses(checkout, "manage", "CMD=it's")

    assert said == "Bobbin: CMD=it's cannot be read: No closing quotation."


def test_run_with_another_database_locale_is_refused_until_move_database(used_checkout):
    checkout = used_checkout
    other = (
        "DROP DATABASE bobbin WITH (FORCE)",
        "CREATE DATABASE bobbin TEMPLATE template0 LOCALE_PROVIDER libc LOCALE 'C'",
    )
    script = checkout.folder / "other.py"
    script.write_text(
        "import os, psycopg\n"
        "options = {'host': os.environ['POSTGRES_HOST'], 'user': 'bobbin', 'dbname': 'postgres'}\n"
        "with psycopg.connect(**options, autocommit=True) as connection:\n"
        f"    for statement in {other!r}:\n        connection.execute(statement)\n"
    )
    assert checkout.make("manage", "CMD=shell -v0 -c \"exec(open('other.py').read())\"")[0] == 0
    said = refuses(checkout, "run")

    assert said.startswith("Bobbin: CommandError: the database bobbin has the locale libc C, which does not")
    assert said.endswith("Stop everything that uses it, then run: make move-database")
    assert "Moved." in checkout.make("move-database")[1]
    assert checkout.make("manage", "CMD=await_database --migrated --seconds=0")[0] == 0
