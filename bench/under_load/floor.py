"""The URLs of Bobbin and the floor: a minimal view that sends a number of bytes to a logged-in member."""

import os

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from bench.under_load import unmeasured
from caching import private_pages
from config import urls

private_pages.MOST_PAGES = 10**9  # As for the limits in settings_http.py: checked, and never exceeded.
if os.environ.get("BENCH_METRICS") == "off":
    unmeasured.leave_out()


@login_required
def floor(request: HttpRequest, size: int) -> HttpResponse:
    return HttpResponse(b"." * size)


urlpatterns = [path("floor/<int:size>/", floor), path("", include(urls.urlpatterns))]
handler400, handler403 = urls.handler400, urls.handler403
handler404, handler500 = urls.handler404, urls.handler500
