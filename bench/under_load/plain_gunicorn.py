"""gunicorn settings of the plain floor: those of Bobbin, without the hooks that start its metrics."""

import runpy
from pathlib import Path

from gunicorn.workers import gthread

from config.workers import Worker

_bobbins = runpy.run_path(str(Path(__file__).resolve().parents[2] / "services/web/gunicorn.conf.py"))
globals().update({name: it for name, it in _bobbins.items() if name.islower() and not callable(it)})


class _Plain(Worker):
    def load_wsgi(self) -> None:
        gthread.ThreadWorker.load_wsgi(self)  # Bobbin's renders an error page of its own.


worker_class = _Plain
wsgi_app = "django.core.wsgi:get_wsgi_application()"
