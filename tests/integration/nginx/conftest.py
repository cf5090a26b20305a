"""One nginx and one web process for all tests of this folder."""

import pytest
from django.contrib.auth.hashers import make_password

from accounts.models import User
from tests.support.nginx_site import PASSWORD, nginx_site


@pytest.fixture(scope="package")
def site(django_db_setup, django_db_blocker, tmp_path_factory):
    """Start nginx and a web process that uses the test database."""
    with django_db_blocker.unblock(), nginx_site(tmp_path_factory.mktemp("nginx")) as site:
        yield site


@pytest.fixture(autouse=True)
def cheap_hashes():
    """The web process has the real figures."""


@pytest.fixture
def anna(transactional_db):
    return User.objects.create(username="anna", password=make_password(PASSWORD))
