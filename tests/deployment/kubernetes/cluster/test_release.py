"""The next release is applied like the first one, and migrates while pods of the old release serve."""

import time

from tests.deployment.compose.migrating import CONTINUE, WAIT, WAITING, add_migration


def test_release_with_a_migration_while_members_send_loses_no_message(cluster, load, judge):
    add_migration(cluster.folder, "9999_of_the_test", column="of_the_test", then=WAIT)
    release, before = f"{cluster.mark}-2", cluster.names("web")
    cluster.build(release)
    cluster.name_release(release)

    with load:
        began = time.monotonic()
        cluster.apply()
        while not cluster.sql(WAITING):
            assert time.monotonic() < began + 60, cluster.last_words()
            time.sleep(0.2)
        load.wait_for_more()  # The old release sends while the migration runs.
        assert cluster.sql(WAITING)
        cluster.sql(CONTINUE)
        assert before <= cluster.names("web")
        cluster.settle()
        took = time.monotonic() - began
        load.wait_for_more()

    judge("the next release, with a slow migration", load, took)
    images = {pod["spec"]["containers"][0]["image"] for pod in cluster.pods("web")}
    assert images == {f"localhost/bobbin/web:{release}"}
    assert {job["metadata"]["name"] for job in cluster.get("jobs")} >= {f"migrate-{release}"}
