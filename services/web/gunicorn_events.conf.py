"""gunicorn settings for the process `events`: gunicorn's ASGI worker, which can hold many open streams.

Start it with `gunicorn --config gunicorn_events.conf.py`.
"""

import os
import runpy
import signal

# Without a setting below, that of gunicorn.conf.py applies. Both start in this folder.
globals().update(runpy.run_path("gunicorn.conf.py"))

bind = os.environ.get("EVENTS_BIND", "127.0.0.1:8001")
wsgi_app = "config.asgi"
worker_class = "asgi"
# One worker holds a thousand streams. Several would each subscribe to Redis and count only their streams.
workers = 1
# Django does not support the lifespan protocol.
asgi_lifespan = "off"
graceful_timeout = 10
# Never restart the worker after a number of requests, because a restart closes all streams.
max_requests = 0


def post_fork(server, worker):
    from observability.worker_metrics import worker_ids

    worker_ids.acquire("events")


def post_worker_init(worker):
    """Subscribe to Redis before the first browser connects, and close the streams on SIGTERM.

    Without the handler, gunicorn would wait for the streams until `graceful_timeout`.
    """
    from config.asgi import application
    from live import protocol
    from observability.request_log import RefusalsWithoutTheirRequest

    worker.log.error_log.addFilter(RefusalsWithoutTheirRequest())
    protocol.install()
    worker.loop.call_soon(application.broker.start)

    def end():
        application.broker.close()
        worker.handle_exit_signal()

    worker.loop.add_signal_handler(signal.SIGTERM, end)
