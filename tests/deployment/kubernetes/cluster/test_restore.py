"""A restore after the loss of the volume brings back all data of the backup."""

import pytest

# Counts and hashes of all data of members.
FINGERPRINT = """
SELECT (SELECT count(*) FROM accounts_user),
       (SELECT md5(coalesce(string_agg(m::text, ';' ORDER BY m.id), '')) FROM messaging_message m),
       (SELECT md5(coalesce(string_agg(h::text, ';' ORDER BY h.id), '')) FROM messaging_messagehistory h),
       (SELECT md5(coalesce(string_agg(n::text, ';' ORDER BY n.id), '')) FROM notifications_notification n)
"""


@pytest.fixture(scope="module")
def before(cluster, members):
    """Make a backup, and return the fingerprint of the data in it."""
    alice, bob = members[:2]
    alice.edit(alice.send(bob, "In the backup"), "In the backup, and changed")
    kept = cluster.sql(FINGERPRINT)
    cluster.kubectl("create", "job", "--from=cronjob/backup", "backup-of-the-test")
    cluster.kubectl("wait", "--for=condition=complete", "job/backup-of-the-test", "--timeout=120s")
    return kept


def restore(cluster, condition="complete"):
    cluster.kubectl("delete", "job", "restore", "--ignore-not-found")
    cluster.kubectl("apply", "-k", str(cluster.folder / "k8s/restore"))
    cluster.kubectl("wait", f"--for=condition={condition}", "job/restore", "--timeout=180s")
    return cluster.kubectl("logs", "job/restore")


def suspend_audit(cluster, value):
    cluster.kubectl("patch", "cronjob/counter-audit", "--patch", f'{{"spec": {{"suspend": {value}}}}}')


def test_a_database_in_use_is_not_replaced(cluster, before, members):
    members[0].get("/chats/")  # web keeps its database connection.

    assert "the database is in use (bobbin from" in restore(cluster, condition="failed")
    assert members[0].get("/chats/").status == 200
    assert cluster.sql(FINGERPRINT) == before


def test_restore_after_the_loss_of_the_volume_brings_back_all_data(cluster, before, members):
    suspend_audit(cluster, "true")
    cluster.kubectl("scale", "deployment/web", "deployment/events", "--replicas=0")
    cluster.kubectl("delete", "pvc", "data-postgres-0", "--wait=false")
    cluster.kubectl("delete", "pod", "postgres-0")
    cluster.settle()
    assert cluster.sql("SELECT count(*) FROM pg_tables WHERE tablename = 'messaging_message'") == [["0"]]

    assert "restore: done" in restore(cluster)
    cluster.kubectl("scale", "deployment/web", "deployment/events", "--replicas=1")
    suspend_audit(cluster, "false")
    cluster.settle()

    assert cluster.sql(FINGERPRINT) == before
    alice, bob = members[:2]
    # Backups contain no sessions, and Redis has no cached session any more.
    assert alice.request("/chats/").status == 302
    for member in (alice, bob):
        assert member.log_in().status == 302
    alice.send(bob, "After the restore")
    assert {"In the backup, and changed", "After the restore"} <= {
        one.content for one in bob.conversation(alice)
    }
