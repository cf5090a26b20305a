"""The plain floor: a bare view of a Django project with sessions and users only, both in PostgreSQL.

Run as a program, it creates the database with a user, logs the user in, and prints the cookie.
"""

import os

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import path


@login_required
def floor(request: HttpRequest, size: int) -> HttpResponse:
    return HttpResponse(b"." * size, headers={"Content-Length": size})


urlpatterns = [path("floor/<int:size>/", floor)]


def prepare() -> str:
    """Create the database and its user, and return the cookie of a session."""
    import django

    django.setup()
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.auth.models import User
    from django.contrib.sessions.backends.db import SessionStore
    from django.core.management import call_command

    _make_database()
    call_command("migrate", verbosity=0)
    user = User.objects.create_user("member")
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return f"sessionid={session.session_key}"


def _make_database() -> None:
    import psycopg
    from django.db import connection

    own = connection.settings_dict
    with psycopg.connect(
        host=own["HOST"], port=own["PORT"] or 5432, user=own["USER"], password=own["PASSWORD"],
        dbname=os.environ.get("POSTGRES_DB", "bobbin"), autocommit=True,
    ) as server:  # fmt: skip
        server.execute("DROP DATABASE IF EXISTS plain")
        server.execute("CREATE DATABASE plain")


if __name__ == "__main__":
    print(prepare())
