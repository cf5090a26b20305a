"""gunicorn, in every run mode. Numbers can be set from the environment; the rest holds."""

import os
import sys


def _number(name: str, default: int) -> int:
    said = os.environ.get(name) or str(default)
    if not said.isdecimal() or int(said) < 1:
        # Not a traceback: it would only hide which setting is wrong.
        sys.exit(f"Bobbin cannot start: {name} is {said!r}; it must be a number from 1.")
    return int(said)


def _usable_cpus() -> int:
    """How many CPUs we may use: a container sees all of its machine, and its limit stands elsewhere."""
    seen = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    for folder, names in CPU_LIMITS:
        said = [_said(f"{folder}/{name}") for name in names]
        quota, _, period = " ".join(said).partition(" ")
        if quota.isdecimal() and period.isdecimal() and int(period):
            return max(1, min(seen, -(-int(quota) // int(period))))
    return seen


def _said(path: str) -> str:
    try:
        with open(path, encoding="ascii") as file:
            return file.read().strip()
    except OSError:  # No such limits here.
        return ""


# Of cgroups, version 2 and 1: the time a period, and the period; "max" or -1 is no limit.
CPU_LIMITS = (
    ("/sys/fs/cgroup", ["cpu.max"]),
    ("/sys/fs/cgroup/cpu", ["cpu.cfs_quota_us", "cpu.cfs_period_us"]),
)

# MiB that a process may need: the master; a worker without requests, with its metrics; the passwords that it
# hashes at once (accounts/hashers.py); and the most expensive page in one thread.
MASTER_MIB, WORKER_MIB, HASH_MIB, THREAD_MIB = 40, 84, 100, 8
MEMORY_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def memory_of(workers: int, threads: int) -> int:
    """MiB that so many workers may need, all threads busy."""
    return MASTER_MIB + workers * (WORKER_MIB + HASH_MIB + threads * THREAD_MIB)


def _workers_that_fit(threads: int) -> int:
    """How many the memory limit of this container has room for; at least one."""
    for path in MEMORY_LIMITS:
        said = _said(path)
        if said.isdecimal():
            fits = (int(said) // 2**20 - MASTER_MIB) // (memory_of(1, threads) - MASTER_MIB)
            return max(1, fits)
    return sys.maxsize


bind = os.environ.get("WEB_BIND", "127.0.0.1:8000")
wsgi_app = "config.wsgi"
worker_class = "config.workers.Worker"
threads = _number("WEB_THREADS", 4)
workers = _number("WEB_WORKERS", min(max(2, _usable_cpus()), 8, _workers_that_fit(threads)))

# Each worker opens its own connections, so the application is loaded after the fork.
preload_app = False
# The heartbeat's file on a disk can block a worker.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108
# Otherwise it would write a socket to HOME, which may be read-only.
control_socket_disable = True

timeout = 30
# Shorter than the time that whoever stops us waits before killing.
graceful_timeout = 20
# Longer than a proxy keeps an idle connection, so that it is never us who closes one in use.
keepalive = 75
max_requests = 20_000
max_requests_jitter = 2_000

# No header of a request decides where the application begins.
forwarder_headers = ""
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1,::1")

# The application logs every request, with its id and member, and without its query string.
accesslog = None
errorlog = "-"


# Metrics (docs/decisions/0007-metrics.md). Imported late: by then the application's folder is on the path.
def on_starting(server):
    from observability import slots

    slots.prepare()


def post_fork(server, worker):
    from observability import slots

    slots.take("web")  # Before the application makes its metrics.


def post_worker_init(worker):
    from messaging import drift
    from observability import runtime

    runtime.begin(worker)
    drift.begin()


def child_exit(server, worker):
    from observability import slots

    slots.sweep()
