"""Settings for django-notifications-community alone, since Bobbin has an app with the same name."""

import os

SECRET_KEY = "of the benchmarks"
USE_TZ = True
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "notifications"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": os.environ["POSTGRES_HOST"],
        "PORT": os.environ.get("POSTGRES_PORT", ""),
        "USER": os.environ.get("POSTGRES_USER", "bobbin"),
        "PASSWORD": os.environ.get("POSTGRES_PASSWORD", ""),
        "NAME": "community",
        "OPTIONS": {"server_side_binding": True, "prepare_threshold": 5},
    }
}
