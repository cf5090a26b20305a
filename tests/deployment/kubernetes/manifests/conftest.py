"""Renders each overlay once per process."""

import os
import shutil
from pathlib import Path

import pytest

from tests.deployment.kubernetes.manifests.checks.rendering import copy_of_the_tree, render

OVERLAYS = ("local", "production")


@pytest.fixture(scope="session")
def tree(tmp_path_factory) -> Path:
    return copy_of_the_tree(tmp_path_factory.mktemp("tree"))


@pytest.fixture(scope="session", params=OVERLAYS)
def overlay(request) -> list[dict]:
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="session")
def local(tree) -> list[dict]:
    return render(tree / "k8s/overlays/local")


@pytest.fixture(scope="session")
def production(tree) -> list[dict]:
    return render(tree / "k8s/overlays/production")


def pytest_configure(config):
    for program in (os.environ.get("KUBECTL", "kubectl"), os.environ.get("HELM", "helm"), "promtool", "node"):
        if not shutil.which(program):
            raise pytest.UsageError(
                f"{program} is missing; run `make test-k8s`, which says where it is from."
            )
