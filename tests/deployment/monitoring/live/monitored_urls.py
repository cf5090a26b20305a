"""The URLs of Bobbin, and one faulty view for each problem that operators must see."""

import time

from django.db import connection
from django.dispatch import Signal
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from accounts.models import User
from config import urls
from observability.budgets import REPEATS, query_budget
from observability.signals import receiver

broken = Signal()


@receiver(broken, sender=HttpRequest, dispatch_uid="monitored.broken")
def fail(sender: type, **kwargs: object) -> None:
    raise ArithmeticError("a receiver fails")


@query_budget(1)
def over_budget(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"{User.objects.count()} {User.objects.filter(is_staff=True).count()}")


def row_by_row(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str([User.objects.filter(pk=pk).exists() for pk in range(REPEATS + 2)]))


def slow(request: HttpRequest) -> HttpResponse:
    time.sleep(0.4)
    return HttpResponse("At last.")


def wrong_statement(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nothing FROM nowhere")
    return HttpResponse("never")


def failing_receiver(request: HttpRequest) -> HttpResponse:
    broken.send(HttpRequest)
    return HttpResponse("never")


wrongs = [over_budget, row_by_row, slow, wrong_statement, failing_receiver]
urlpatterns = [
    *(path(f"wrong/{view.__name__}/", view, name=view.__name__) for view in wrongs),
    path("", include(urls.urlpatterns)),
]
handler400, handler403 = urls.handler400, urls.handler403
handler404, handler500 = urls.handler404, urls.handler500
