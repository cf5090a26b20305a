"""The plain floor of the benchmarks: a Django project with sessions and users only, in its own database."""

import os

from config.settings import DATABASES as BOBBINS

SECRET_KEY = os.environ["SECRET_KEY"]
USE_TZ = True
ALLOWED_HOSTS = ["127.0.0.1", "testserver"]
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions"]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
ROOT_URLCONF = "bench.under_load.plain"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# The connections of Bobbin: persistent, with prepared statements. As by default, none is checked before use.
DATABASES = {
    "default": BOBBINS["default"]
    | {"ENGINE": "django.db.backends.postgresql", "NAME": "plain", "CONN_HEALTH_CHECKS": False}
}
