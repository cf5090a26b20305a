"""Deploys a copy of the manifests with kubectl to the cluster that KUBECONFIG names."""

import json
import os
import re
import shutil
import subprocess
import time
import uuid
from pathlib import Path

from tests.deployment.kubernetes.cluster.forward import Forward

ROOT = Path(__file__).parents[4]
NAMESPACE = "bobbin"
STATEFUL = ("postgres", "redis")


class Cluster:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("deploy", "k8s", "scripts", "services"):
            shutil.copytree(
                ROOT / name, folder / name, ignore=shutil.ignore_patterns("secrets", "__pycache__")
            )
        self.overlay = folder / "k8s/overlays/local"
        self.mark = f"test-{uuid.uuid4().hex[:6]}"
        self.release = f"{self.mark}-1"
        self.forward: Forward | None = None
        self.run(str(folder / "scripts/secrets.sh"), env={"BOBBIN_SECRETS": str(self.overlay / "secrets")})

    # --- Commands ---------------------------------------------------------------------------------
    def run(self, *command: str, status: int = 0, env: dict[str, str] | None = None, **kwargs) -> str:
        done = subprocess.run(
            command, cwd=self.folder, env=os.environ | (env or {}), text=True, timeout=600, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **kwargs,
        )  # fmt: skip
        assert done.returncode == status, f"{' '.join(command)}: {done.returncode}\n{done.stdout}"
        return done.stdout

    @property
    def kubectl_command(self) -> list[str]:
        return [os.environ["KUBECTL"], "--namespace", NAMESPACE]

    def kubectl(self, *arguments: str, **kwargs) -> str:
        return self.run(*self.kubectl_command, *arguments, **kwargs)

    def get(self, *what: str) -> list[dict]:
        return json.loads(self.kubectl("get", *what, "--output=json"))["items"]

    def sql(self, statement: str) -> list[list[str]]:
        """Return the rows of a statement, with "" for NULL."""
        said = self.kubectl(
            "exec", "postgres-0", "--container=postgres", "--", "psql", "--no-psqlrc", "--username=postgres",
            "--dbname=bobbin", "--quiet", "--tuples-only", "--no-align", "--field-separator=\t",
            "--set=ON_ERROR_STOP=1", f"--command={statement}", stdin=subprocess.DEVNULL,
        )  # fmt: skip
        return [line.split("\t") for line in said.splitlines()]

    # --- Releases ---------------------------------------------------------------------------------
    def build(self, release: str) -> None:
        """Build the images of a release, and load them into the cluster."""
        self.run(str(self.folder / "scripts/k8s-prepare.sh"), release)

    def load(self, *images: str) -> None:
        """Load images into a cluster that cannot pull them."""
        if "LOAD_IMAGES" in os.environ:
            self.run(*os.environ["LOAD_IMAGES"].split(), *sorted(set(images)))

    def name_release(self, release: str) -> None:
        """Set the release in the manifests, which name it in one file only."""
        place, before = self.folder / "k8s/base/kustomization.yaml", self.release
        named = re.search(r"name: localhost/bobbin/web, newTag: ([\w.-]+)", place.read_text())
        assert named, "no place names the release"
        place.write_text(place.read_text().replace(named[1], release))
        self.release = release
        assert before == release or before not in place.read_text()

    def apply(self) -> str:
        return self.kubectl("apply", "-k", str(self.overlay))

    # --- Objects ----------------------------------------------------------------------------------
    def pods(self, name: str) -> list[dict]:
        """Return the pods of a component that are not terminating."""
        found = self.get("pods", f"--selector=app.kubernetes.io/name={name}")
        return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]

    def names(self, name: str) -> set[str]:
        return {pod["metadata"]["name"] for pod in self.pods(name)}

    def unsettled(self) -> str:
        for pod in self.get("pods"):
            name, status = pod["metadata"]["name"], pod["status"]
            if "deletionTimestamp" in pod["metadata"]:
                return f"{name} is on its way out"
            if status["phase"] in {
                "Succeeded",
                "Failed",
            }:  # Pods of Jobs; the Job itself has the result.
                continue
            ready = [one["status"] for one in status.get("conditions", []) if one["type"] == "Ready"]
            if ready != ["True"]:
                return f"{name} is not ready: {status['phase']}"
        for kind in ("deployments", "statefulsets"):
            for found in self.get(kind):
                status, wanted = found["status"], found["spec"]["replicas"]
                seen = status.get("observedGeneration") == found["metadata"]["generation"]
                if not seen or status.get("readyReplicas", 0) != wanted:
                    return f"{kind} {found['metadata']['name']} is not as it should be: {status}"
        return ""

    def settle(self, seconds: float = 240) -> float:
        """Wait until all objects are ready and replaced pods are gone; return the seconds this took."""
        began = time.monotonic()
        while unsettled := self.unsettled():
            assert time.monotonic() - began < seconds, (
                f"after {seconds:g} s: {unsettled}\n{self.last_words()}"
            )
            time.sleep(0.5)
        return time.monotonic() - began

    def last_words(self) -> str:
        pods = self.kubectl("get", "pods", "--output=wide")
        return pods + self.kubectl("get", "events", "--sort-by=.lastTimestamp")[-3000:]

    @property
    def url(self) -> str:
        if self.forward is None:
            address = json.loads(self.kubectl("get", "service", "nginx", "--output=json"))["spec"][
                "clusterIP"
            ]
            self.forward = Forward(self.kubectl_command, "nginx", address, 80)
        return f"http://127.0.0.1:{self.forward.port}"

    # --- Removal ----------------------------------------------------------------------------------
    def remove(self) -> None:
        if self.forward:
            self.forward.close()
        self.kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait=true")
        images = self.run(
            "docker", "images", "--quiet", f"--filter=reference=localhost/bobbin/*:{self.mark}-*"
        ).split()
        if images:
            self.run("docker", "rmi", "--force", *sorted(set(images)))
