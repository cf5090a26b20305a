"""URLs of the whole site."""

from django.contrib import admin
from django.urls import include, path

from chats.views import front
from live import views as live

urlpatterns = [
    path("", front.home, name="home"),
    path("help/", front.help_page, name="help"),
    path("chats/", include("chats.urls")),
    path("chats/", include("labs.urls")),
    path("chats/notifications/", include("notifications.urls")),
    path("accounts/", include("accounts.urls")),
    path("admin/", admin.site.urls),
    path("events/", live.misdirected, name="events"),
]

handler400 = "chats.views.errors.bad_request"
handler403 = "chats.views.errors.forbidden"
handler404 = "chats.views.errors.not_found"
handler500 = "chats.views.errors.server_error"
