"""gunicorn for the process `events`: a worker of gunicorn's own for ASGI, which holds many open streams.

Started as `gunicorn --config gunicorn_events.conf.py`.
"""

import os
import signal

bind = os.environ.get("EVENTS_BIND", "127.0.0.1:8001")
wsgi_app = "config.asgi"
worker_class = "asgi"
# One holds a thousand streams. More would each listen to Redis and count streams for itself.
workers = 1
# Django knows no lifespan.
asgi_lifespan = "off"

preload_app = False
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108
control_socket_disable = True

timeout = 30
graceful_timeout = 10
# A stream is not ended for having had many before it.
max_requests = 0

# No header of a request decides where the application begins.
forwarder_headers = ""
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1,::1")
accesslog = None
errorlog = "-"


# Metrics, as in gunicorn.conf.py.
def on_starting(server):
    from observability import slots

    slots.prepare()


def post_fork(server, worker):
    from observability import slots

    slots.take("events")


def child_exit(server, worker):
    from observability import slots

    slots.sweep()


def post_worker_init(worker):
    """Listen to Redis before the first browser comes; and end the streams when the worker is told to end, for
    which it would wait by itself.
    """
    from config.asgi import application

    worker.loop.call_soon(application.hub.start)

    def end():
        application.hub.close()
        worker.handle_exit_signal()

    worker.loop.add_signal_handler(signal.SIGTERM, end)
