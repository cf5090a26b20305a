"""The worker of gunicorn prepares what its poller needs."""

from gunicorn.workers import gthread

from config import workers


def test_page_for_too_large_requests_is_rendered_before_the_first_request(monkeypatch):
    monkeypatch.setattr(gthread.ThreadWorker, "load_wsgi", lambda worker: None)
    workers._too_large.cache_clear()
    workers.Worker.load_wsgi(object.__new__(workers.Worker))

    assert workers._too_large.cache_info().currsize == 1
