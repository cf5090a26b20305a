"""URLs of the demonstration pages."""

from django.urls import path

from labs.views import cache_test, query_lab

app_name = "labs"
urlpatterns = [
    path("cache-test/", cache_test.page, name="cache_test"),
    path("query-lab/", query_lab.query_lab, name="query_lab"),
]
