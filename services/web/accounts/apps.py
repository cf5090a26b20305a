from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import erasure, signals  # noqa: F401  (phases of an erasure; connects the receivers)
