"""A new major version of PostgreSQL gets the data of the old one, which stay in the volume."""

# As a power failure leaves the volume while the backup is restored.
INTERRUPTED = """
mkdir -p "$PGDATA" && touch "$PGDATA.unfinished" && echo 18 >"$PGDATA/PG_VERSION"
mv /var/lib/postgresql/17/docker /var/lib/postgresql/17/kept
"""
DIRECTORIES = ["run", "--rm", "--no-deps", "--entrypoint=ls", "postgres", "/var/lib/postgresql"]


def test_data_of_postgresql_17_are_moved_to_18_and_stay_in_the_volume(containers):
    containers.make("down-all", "YES=1")
    containers.env["POSTGRES_MAJOR"] = "17"
    containers.make("secrets")
    containers.compose("run", "--rm", "migrate")
    before = containers.sql("SELECT count(*), max(applied) FROM django_migrations")
    assert containers.sql("SHOW server_version_num")[0][0].startswith("17")
    containers.make("down")
    del containers.env["POSTGRES_MAJOR"]

    said = containers.make("up", status=2)
    assert "the volume has data of PostgreSQL 17" in said
    assert containers.ids() == {}
    containers.compose("run", "--rm", "--no-deps", "--entrypoint=sh", "postgres", "-c", INTERRUPTED)
    assert "the upgrade was interrupted" in " ".join(containers.make("up", status=2).split())
    containers.make("upgrade-postgres")

    assert containers.sql("SHOW server_version_num")[0][0].startswith("18")
    assert containers.sql("SELECT count(*), max(applied) FROM django_migrations") == before
    assert {"17", "18"} <= set(containers.compose(*DIRECTORIES).split())
    assert "nothing to upgrade" in containers.make("down", "upgrade-postgres", status=2)
