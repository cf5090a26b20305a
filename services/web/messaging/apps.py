from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "messaging"

    def ready(self) -> None:
        from messaging import erasure, receivers  # noqa: F401  (register phases and receivers)
