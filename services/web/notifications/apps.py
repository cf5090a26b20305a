from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        from notifications import erasure, receivers  # noqa: F401  (register phase and receivers)
