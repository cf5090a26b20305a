"""Settings for the process that measures django-postman."""

from bench.settings import *  # noqa: F403
from bench.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "django.contrib.sites", "postman"]
SITE_ID = 1
POSTMAN_AUTO_MODERATE_AS = True  # Every message is accepted at once.
POSTMAN_DISABLE_USER_EMAILING = True  # Bobbin sends no e-mail either.
