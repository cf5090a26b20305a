"""gunicorn settings for all run modes. Environment variables can change the numbers and addresses."""

import os
import sys


def _number(name: str, default: int) -> int:
    said = os.environ.get(name) or str(default)
    if not said.isdecimal() or int(said) < 1:
        # A traceback would hide which setting is wrong.
        sys.exit(f"Bobbin cannot start: {name} is {said!r}; it must be a number from 1.")
    return int(said)


def _usable_cpus() -> int:
    """Return the number of CPUs that the process may use.

    In a container, the affinity includes all CPUs of the machine, and cgroups contain the limit.
    """
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
    except OSError:  # The file is missing without cgroups of this version.
        return ""


# cgroup v2 and v1: the CPU time in each period, and the period. "max" or -1 means no limit.
CPU_LIMITS = (
    ("/sys/fs/cgroup", ["cpu.max"]),
    ("/sys/fs/cgroup/cpu", ["cpu.cfs_quota_us", "cpu.cfs_period_us"]),
)

# MiB that may be needed by: the master; a worker without requests, with its metrics; the password hashes and
# large pages of a worker (caching/memory.py); and any other page in one thread.
MASTER_MIB, WORKER_MIB, SHARED_MIB, THREAD_MIB = 40, 84, 100, 8
MEMORY_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def memory_of(workers: int, threads: int) -> int:
    """Return the MiB that the master and its workers need when all threads are busy."""
    return MASTER_MIB + workers * (WORKER_MIB + SHARED_MIB + threads * THREAD_MIB)


def _workers_that_fit(threads: int) -> int:
    """Return the number of workers that the memory limit of this container allows, but at least one."""
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
# On a disk, writing the heartbeat file can block a worker.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108
# gunicorn would create the control socket in HOME, which may be read-only.
control_socket_disable = True

timeout = 30
# Shorter than the time before Docker, Kubernetes or `make run` kills the process.
graceful_timeout = 20
# Longer than a proxy keeps an idle connection, so gunicorn never closes a connection that the proxy is using.
keepalive = 75
max_requests = 20_000
max_requests_jitter = 2_000

# No request header can set SCRIPT_NAME or PATH_INFO.
forwarder_headers = ""

# The application logs every request with its id and user, and without its query string.
accesslog = None


# Metrics (docs/decisions/0007-metrics.md). The imports are inside the functions, because gunicorn adds the
# folder of the application to sys.path only after it has read this file.
def on_starting(server):
    from observability.worker_metrics import worker_ids

    worker_ids.prepare_folder()


def post_fork(server, worker):
    from observability.worker_metrics import worker_ids

    worker_ids.acquire("web")  # Before the application creates its metrics.


def post_worker_init(worker):
    from messaging import counter_audit
    from observability import request_log, runtime

    worker.log.error_log.addFilter(request_log.RefusalsWithoutTheirRequest())
    runtime.begin(worker, counter_audit.show_result)


def child_exit(server, worker):
    from observability.worker_metrics import worker_ids

    worker_ids.reap()
