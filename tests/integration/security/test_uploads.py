"""No page accepts files, and the server stores none while it refuses them."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

PAGES = ["/accounts/login/", "/accounts/signup/", "/chats/new/", "/admin/login/"]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("size", [1, 3_000_000])
def test_file_of_a_stranger_is_refused_and_not_stored(db, settings, tmp_path, page, size):
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    for strict in (True, False):
        client = Client(enforce_csrf_checks=strict)
        client.cookies["csrftoken"] = "a" * 32
        answer = client.post(page, {"a": "b", "file": SimpleUploadedFile("x", b"x" * size)})
        assert answer.status_code in {302, 400, 403}

    assert list(tmp_path.iterdir()) == []


def test_file_of_a_member_is_refused(alice, browser_of):
    form = {"to": "alice", "content": "hi", "file": SimpleUploadedFile("x", b"x" * 10)}

    assert browser_of(alice).post("/chats/new/", form).status_code == 400


def test_multipart_form_without_a_file_is_read(alice, bob, browser_of):
    form = {"to": "bob", "content": "hi"}  # Django's test client sends a multipart form.

    assert browser_of(alice).post("/chats/new/", form).status_code == 302
