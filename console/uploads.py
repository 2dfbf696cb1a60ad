"""Uploads stay in memory and are bounded: what is larger is counted, never kept."""

from typing import Any

from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from notifications.images import UPLOAD_MAX_BYTES


class TooLargeFile(InMemoryUploadedFile):
    """A file of which only name and size are known: the form says how large is too large."""


class BoundedUploadHandler(FileUploadHandler):
    """Keeps a file up to the limit. Beyond it the rest is read and dropped, so that the form
    still answers with everything else that was typed, and no disk fills."""

    limit = UPLOAD_MAX_BYTES

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.parts: list[bytes] = []
        self.received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.received += len(raw_data)
        if self.received <= self.limit:
            self.parts.append(raw_data)
        else:
            self.parts.clear()

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:
        from io import BytesIO

        kept = BytesIO(b"".join(self.parts))
        made = TooLargeFile if self.received > self.limit else InMemoryUploadedFile
        return made(
            file=kept,
            field_name=self.field_name,
            name=self.file_name,
            content_type=self.content_type,
            size=self.received,
            charset=self.charset,
            content_type_extra=self.content_type_extra,
        )
