"""A copy of this repository in a temporary folder, and the containers that `make up` starts from it."""

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import time
import uuid
from pathlib import Path

from tests.support.http_client.connection import fetch
from tests.support.repository import copy_repository

# Variables of the test run that must not reach the stack.
FOREIGN = re.compile(r"^(MAKE|MFLAGS|(PORT|HOST|CMD|ARGS|RELEASE)$|BOBBIN_|BACKUP|PUBLISH|COMPOSE_PROFILES)")


class Containers:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        copy_repository(folder)
        (folder / ".venv").symlink_to(sys.prefix)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        mark = uuid.uuid4().hex[:6]
        self.env = {name: value for name, value in os.environ.items() if not FOREIGN.match(name)} | {
            "COMPOSE_PROJECT_NAME": f"bobbin-test-{mark}",
            "PUBLISH": f"127.0.0.1:{self.port}",
            "PUBLISH_GRAFANA": f"127.0.0.1:{free_port()}",
            "PUBLISH_ALERTMANAGER": f"127.0.0.1:{free_port()}",
            "RELEASE": f"test-{mark}-1",
        }

    # --- Commands ---------------------------------------------------------------------------------
    def run(self, *command: str, status: int = 0, **kwargs) -> str:
        done = subprocess.run(
            command, cwd=self.folder, env=self.env, text=True, timeout=600, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **kwargs,
        )  # fmt: skip
        assert done.returncode == status, f"{' '.join(command)}: {done.returncode}\n{done.stdout}"
        return done.stdout

    def make(self, *targets: str, status: int = 0) -> str:
        return self.run("make", "--no-print-directory", *targets, status=status)

    def compose(self, *command: str, **kwargs) -> str:
        return self.run("docker", "compose", *command, **kwargs)

    def python(self, service: str, code: str) -> str:
        return self.compose("exec", "--no-TTY", service, "python", "-c", code, stdin=subprocess.DEVNULL)

    def sql(self, statement: str, database: str = "bobbin") -> list[list[str]]:
        """Return the rows of a statement, with "" for NULL."""
        said = self.compose(
            "exec", "--no-TTY", "postgres", "psql", "--no-psqlrc", "--username=postgres",
            f"--dbname={database}", "--quiet", "--tuples-only", "--no-align", "--field-separator=\t",
            "--set=ON_ERROR_STOP=1", f"--command={statement}", stdin=subprocess.DEVNULL,
        )  # fmt: skip
        return [line.split("\t") for line in said.splitlines()]

    # --- Containers -------------------------------------------------------------------------------
    def ids(self) -> dict[str, str]:
        """Return the container id of each running service."""
        lines = self.compose("ps", "--format", "{{.Service}} {{.ID}}").splitlines()
        return dict(line.split() for line in lines)

    def inspect(self) -> dict[str, dict]:
        """Return the output of `docker inspect` by service, including containers that have exited."""
        ids = self.compose("ps", "--all", "--quiet").split()
        found = json.loads(self.run("docker", "inspect", *ids)) if ids else []
        return {one["Config"]["Labels"]["com.docker.compose.service"]: one for one in found}

    def kill_9(self, service: str) -> None:
        """Kill the first process of a container with SIGKILL, as the OOM killer does."""
        pid = self.inspect()[service]["State"]["Pid"]
        image = self.inspect()["web"]["Config"]["Image"]
        kill = f"import os; os.kill({pid}, 9)"
        self.run("docker", "run", "--rm", "--pid=host", "--user=0", image, "python", "-c", kill)

    # --- Health -----------------------------------------------------------------------------------
    def unhealthy(self) -> str:
        """Return the first problem of a container or of the log-in page, or an empty string."""
        for service, container in self.inspect().items():
            state = container["State"]
            if service not in {"migrate", "nginx-settings"} and not state["Running"]:
                return f"{service} is {state['Status']}"
            if state.get("Health", {}).get("Status", "healthy") != "healthy":
                return f"{service} is {state['Health']['Status']}"
        try:
            status = fetch(self.url, "GET", "/accounts/login/", timeout=5).status
            return "" if status == 200 else f"the log-in page says {status}"
        except (OSError, http.client.HTTPException) as error:
            return f"the log-in page says {error}"

    def wait_until_healthy(self, seconds: float) -> float:
        """Wait until all containers are healthy, and return the seconds this took."""
        began = time.monotonic()
        while ill := self.unhealthy():
            assert time.monotonic() - began < seconds, f"after {seconds:g} s: {ill}\n{self.last_words()}"
            time.sleep(0.25)
        return time.monotonic() - began

    def last_words(self) -> str:
        return self.compose("logs", "--tail=20", "--no-color")

    # --- Removal ----------------------------------------------------------------------------------
    def remove(self) -> None:
        self.make("down-all", "YES=1")
        mark = self.env["RELEASE"].rpartition("-")[0]
        images = self.run(
            "docker", "images", "--quiet", "--filter", f"reference=localhost/bobbin/*:{mark}-*"
        ).split()
        if images:
            self.run("docker", "rmi", "--force", *sorted(set(images)))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
