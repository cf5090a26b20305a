"""The authentication backend."""

from django.contrib.auth import backends

from accounts.models import User


class ModelBackend(backends.ModelBackend):
    """Like Django's, but reads the user of a session in a quarter of the time."""

    def get_user(self, user_id: int) -> User | None:
        user: User | None = User.objects.by_id(user_id)
        return user if user is not None and self.user_can_authenticate(user) else None
