"""URLs of the notifications."""

from django.urls import path

from notifications import views

app_name = "notifications"
urlpatterns = [
    path("", views.page, name="list"),
    path("read/", views.read_all, name="read_all"),
    path("<int:pk>/read/", views.read_one, name="read_one"),
]
