"""Only superusers grant rights in the administration, and change or delete accounts of staff."""

import pytest
from django.contrib.auth.models import Group, Permission

from accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)
ALL = [f"{verb}_{model}" for model in ("user", "group") for verb in ("add", "change", "delete", "view")]


def permissions(*codenames):
    return Permission.objects.filter(codename__in=codenames)


@pytest.fixture
def clerk(member):
    """A member of staff with every permission for users and groups, who is no superuser."""
    user = member("clerk", is_staff=True)
    user.user_permissions.set(permissions(*ALL))
    return user


@pytest.fixture
def root(member):
    return member("root", is_staff=True, is_superuser=True)


def change(browser, user, **fields):
    form = {"username": user.username, "is_active": "on"} | fields
    return browser.post(f"/admin/accounts/user/{user.pk}/change/", form)


def rights_of(user):
    user.refresh_from_db()
    return user.is_staff, user.is_superuser, {one.codename for one in user.user_permissions.all()}


GRANTS = {"is_staff": "on", "is_superuser": "on"}


def grants():
    return GRANTS | {"user_permissions": [one.pk for one in permissions("view_message")]}


def test_staff_with_the_right_to_change_users_grant_no_rights(clerk, alice, browser_of):
    response = change(browser_of(clerk), alice, email="alice@example.org", **grants())

    assert response.status_code == 302
    assert rights_of(alice) == (False, False, set())
    assert alice.email == "alice@example.org"


def test_superusers_grant_rights(root, alice, browser_of):
    assert change(browser_of(root), alice, **grants()).status_code == 302
    assert rights_of(alice) == (True, True, {"view_message"})


@pytest.mark.parametrize("whose", ["clerk", "root"])
@pytest.mark.parametrize("page", ["change", "password", "delete"])
def test_staff_change_no_account_of_staff(whose, page, clerk, root, browser_of):
    user = User.objects.get(username=whose)
    form = {"username": "renamed", "password1": "lantern-92-quay", "password2": "lantern-92-quay"}
    form |= {"post": "yes", "usable_password": "true"} | GRANTS
    response = browser_of(clerk).post(f"/admin/accounts/user/{user.pk}/{page}/", form)

    assert response.status_code == 403
    assert User.objects.filter(pk=user.pk, username=whose, password="!").exists()


def test_staff_delete_no_accounts_of_staff_in_bulk(clerk, root, alice, browser_of):
    form = {"action": "delete_selected", "_selected_action": [root.pk, alice.pk], "post": "yes"}
    browser_of(clerk).post("/admin/accounts/user/", form)

    assert User.objects.filter(pk=root.pk).exists()


@pytest.mark.parametrize("page", ["change", "password", "delete"])
def test_staff_change_accounts_of_members(page, clerk, alice, browser_of):
    assert browser_of(clerk).get(f"/admin/accounts/user/{alice.pk}/{page}/").status_code == 200


def test_staff_with_the_right_to_change_groups_grant_no_rights(clerk, browser_of):
    group = Group.objects.create(name="clerks")
    clerk.groups.add(group)
    form = {"name": "clerks", "permissions": [one.pk for one in permissions("view_message")]}
    browser_of(clerk).post(f"/admin/auth/group/{group.pk}/change/", form)

    assert not User.objects.get(pk=clerk.pk).has_perm("messaging.view_message")


def test_superusers_change_groups(root, browser_of):
    form = {"name": "clerks", "permissions": [one.pk for one in permissions("view_message")]}

    assert browser_of(root).post("/admin/auth/group/add/", form).status_code == 302
    assert Group.objects.get().permissions.get().codename == "view_message"
