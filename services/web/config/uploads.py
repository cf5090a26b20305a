"""Upload handler that rejects all files before they are stored. No page accepts files."""

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler


class RefuseFiles(FileUploadHandler):
    """The only upload handler. Django's handlers write a file of any size to the temporary folder."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        raise RequestDataTooBig("No page takes files.")
