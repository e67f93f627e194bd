"""Where what people send waits while a request is answered: sealed aside, never in the clear on a disk.

Rules: a body is taken in whole before anything of it is looked at, so that whoever sends slowly holds no thread; each
file of a form is laid aside on its own, and the vault reads it from there piece by piece. Memory stays bounded however
large the file; what was sent by half leaves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import RequestAborted
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.core.handlers.asgi import ASGIHandler

from muniment.spine import config
from muniment.spine.aside import PIECE, Aside


class SealedBodies(ASGIHandler):
    """Django's own application, but a body is laid aside sealed instead of in a readable temporary file."""

    async def read_body(self, receive: Any) -> Any:
        """Return the body, to be read from its beginning."""
        body = Aside(config.current().data)
        try:
            more = True
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise RequestAborted
                body.write(message.get("body", b""))
                more = message.get("more_body", False)
        except BaseException:
            body.close()
            raise
        body.seek(0)
        return body

    def create_request(self, scope: Mapping[str, Any], body_file: Any) -> Any:
        """Return the request; a body that came without its length gets it, since Django reads no form without one."""
        headers = scope["headers"]
        if not any(name == b"content-length" for name, _ in headers):
            scope = {**scope, "headers": [*headers, (b"content-length", str(body_file.size).encode())]}
        return super().create_request(scope, body_file)


class SealedUpload(FileUploadHandler):
    """Lays each file of a form aside while the form is read."""

    chunk_size = PIECE
    file: Aside

    def new_file(self, *told: Any, **also_told: Any) -> None:
        """Begin a file."""
        super().new_file(*told, **also_told)
        self.file = Aside(config.current().data)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:  # noqa: ARG002  # Django's signature
        """Take the next bytes of the file."""
        self.file.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile[bytes]:
        """Return the file as forms see it."""
        self.file.seek(0)
        return UploadedFile(
            file=self.file,  # type: ignore[arg-type]  # a binary file in all but its declared kind
            name=self.file_name,
            content_type=self.content_type,
            size=file_size,
            charset=self.charset,
            content_type_extra=self.content_type_extra,
        )

    def upload_interrupted(self) -> None:
        """Let go of a file that did not come to its end."""
        self.file.close()
