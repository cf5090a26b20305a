"""Rollouts, evictions and deleted pods lose no message while members send continuously."""

import json
import time

WEB = "deployment/web"
POSTGRES_AWAY = frozenset({"502", "503"})


def test_rolling_update_and_rollback_lose_no_message(cluster, load, judge):
    other = f"{cluster.mark}-other"
    cluster.build(other)
    before = cluster.names("web")
    with load:
        began = time.monotonic()
        image = f"localhost/bobbin/web:{other}"
        cluster.kubectl("set", "image", WEB, f"await-migrations={image}", f"web={image}", f"metrics={image}")
        took = rolled_out(cluster, began)
        load.wait_for_more()
    judge("rolling update of web to a new image", load, took)
    assert not cluster.names("web") & before

    again = type(load)(cluster, [sender.member for sender in load.senders])
    with again:
        began = time.monotonic()
        cluster.kubectl("rollout", "undo", WEB)
        took = rolled_out(cluster, began)
        again.wait_for_more()
    judge("`kubectl rollout undo`", again, took)
    assert {pod["spec"]["containers"][0]["image"] for pod in cluster.pods("web")} == {
        f"localhost/bobbin/web:{cluster.release}"
    }


def test_scaling_web_up_and_down_loses_no_message(cluster, load, judge):
    with load:
        began = time.monotonic()
        for count in (3, 1):
            cluster.kubectl("scale", WEB, f"--replicas={count}")
            rolled_out(cluster, began)
            assert len(cluster.names("web")) == count
            load.wait_for_more()
        took = time.monotonic() - began
    judge("scale of web from 1 to 3 to 1", load, took)


def test_deletion_of_one_of_two_web_pods_loses_no_message(cluster, load, judge):
    cluster.kubectl("scale", WEB, "--replicas=2")
    cluster.settle()
    with load:
        began = time.monotonic()
        cluster.kubectl("delete", "pod", min(cluster.names("web")), "--wait=false")
        took = rolled_out(cluster, began)
        load.wait_for_more()
    judge("deletion of one of two web pods", load, took)


def test_an_eviction_waits_for_another_to_be_ready(cluster, load, judge):
    """When a node is drained, the pods are evicted one after the other."""
    first, second = sorted(cluster.names("web"))
    with load:
        began = time.monotonic()
        evict(cluster, first)
        refused = evict(cluster, second, status=1)
        took = rolled_out(cluster, began)
        load.wait_for_more()
    judge("eviction of one of two web pods; of both is refused", load, took)
    assert "would violate the pod's disruption budget" in refused
    assert second in cluster.names("web")
    cluster.kubectl("scale", WEB, "--replicas=1")


def test_deletion_of_the_redis_pod_loses_no_message(cluster, load, judge):
    with load:
        began = time.monotonic()
        cluster.kubectl("delete", "pod", "redis-0", "--wait=false")
        took = rolled_out(cluster, began)
        load.wait_for_more()
    judge("deletion of the redis pod", load, took)


def test_deletion_of_the_postgres_pod_loses_no_message(cluster, load, judge):
    with load:
        began = time.monotonic()
        cluster.kubectl("delete", "pod", "postgres-0", "--wait=false")
        took = rolled_out(cluster, began)
        load.wait_for_more()
    judge("deletion of the postgres pod", load, took, allowed=POSTGRES_AWAY)
    assert load.failures(), "PostgreSQL was never away"


def test_a_changed_setting_is_rolled_out(cluster, load, judge):
    overlay, before = cluster.overlay / "kustomization.yaml", cluster.names("web")
    overlay.write_text(
        overlay.read_text().replace("- HTTPS=false", "- HTTPS=false\n      - LOG_LEVEL=WARNING")
    )
    with load:
        began = time.monotonic()
        cluster.apply()
        took = rolled_out(cluster, began)
        load.wait_for_more()
    judge("a changed setting", load, took)
    (web,) = cluster.names("web")
    assert web not in before
    assert cluster.kubectl("exec", web, "--container=web", "--", "printenv", "LOG_LEVEL").strip() == "WARNING"


def rolled_out(cluster, began: float) -> float:
    """Wait until the rollout is complete; return the seconds since `began`."""
    cluster.settle()
    return time.monotonic() - began


def evict(cluster, pod: str, status: int = 0) -> str:
    wanted = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod, "namespace": "bobbin"}}
    path = f"/api/v1/namespaces/bobbin/pods/{pod}/eviction"
    return cluster.kubectl("create", "--raw", path, "--filename=-", input=json.dumps(wanted), status=status)
