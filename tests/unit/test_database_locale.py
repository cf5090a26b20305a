"""One rule for the locale of the database, in every run mode (docs/decisions/0018-database-locale.md)."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
RULE = "--encoding=UTF8 --locale-provider=builtin --builtin-locale=C.UTF-8 --locale=C.UTF-8"
CREATE = ["ENCODING 'UTF8'", "LOCALE_PROVIDER builtin", "BUILTIN_LOCALE 'C.UTF-8'", "LOCALE 'C.UTF-8'"]


def test_compose_and_kubernetes_create_their_cluster_by_the_rule():
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["postgres"]["environment"]
    pod = yaml.safe_load((ROOT / "k8s/base/postgres/statefulset.yaml").read_text())["spec"]["template"][
        "spec"
    ]
    env = {entry["name"]: entry.get("value") for entry in pod["containers"][0]["env"]}

    assert compose["POSTGRES_INITDB_ARGS"] == env["POSTGRES_INITDB_ARGS"] == f"--data-checksums {RULE}"


def test_cloudnativepg_creates_its_cluster_by_the_rule():
    cluster = yaml.safe_load((ROOT / "k8s/components/cloudnative-pg/cluster.yaml").read_text())
    initdb = cluster["spec"]["bootstrap"]["initdb"]

    assert initdb["encoding"] == "UTF8"
    assert initdb["localeProvider"] == "builtin"
    assert initdb["builtinLocale"] == initdb["localeCollate"] == initdb["localeCType"] == "C.UTF-8"


@pytest.mark.parametrize("script", ["replacing.sh", "move.sh"])
def test_restore_creates_its_database_by_the_rule(script):
    text = (ROOT / "deploy/postgres" / script).read_text()

    assert [part for part in CREATE if part not in text] == []


def test_no_query_depends_on_the_ctype_of_the_c_library():
    """PostgreSQL's text search parser and pg_trgm depend on it. Old migrations may have used them."""
    files = [path for path in (ROOT / "services/web").rglob("*.py") if "migrations" not in path.parts]
    follows = re.compile(
        r"\bto_ts(vector|query)|\bphraseto_|websearch_to|ts_headline|SearchVector|[Tt]rigram|trgm"
    )

    assert [path.name for path in files if follows.search(path.read_text())] == []
