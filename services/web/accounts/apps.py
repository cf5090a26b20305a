from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        # The phases of an erasure and their system checks; the last one connects the receivers.
        from accounts import erasure, erasure_checks, receivers  # noqa: F401
