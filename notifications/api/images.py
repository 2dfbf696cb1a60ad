"""`POST /images`: a picture, to be named in triggers by its id."""

from typing import Any

from django.core.exceptions import ValidationError
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from devices.api.authentication import allow
from devices.api.door import Door
from devices.api.problems import Problem
from devices.api.schema import described
from notifications import images

IMAGE_ID_MAX = 80


class ImageFile(serializers.Serializer[Any]):
    file = serializers.FileField(help_text="JPEG, PNG or GIF, at most 5 MB")


class ImageAnswer(serializers.Serializer[Any]):
    """`notes` are sentences on how phones will show it."""

    id = serializers.CharField()
    url = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    bytes = serializers.IntegerField()
    type = serializers.CharField()
    notes = serializers.ListField(child=serializers.CharField())


class ImagesDoor(Door):
    """Stored anew without metadata, at most 1440 × 720, under a random name. A picture that nothing
    was sent with goes after a day."""

    permission_classes = (allow(scope=("trigger", "campaigns")),)
    parser_classes = (MultiPartParser,)

    @described({201: ImageAnswer}, request={"multipart/form-data": ImageFile})
    def post(self, request: Request) -> Response:
        """Upload a picture as multipart/form-data, in the part `file`. Name its `id` as
        `image_id` in a trigger or a draft. Takes the scope trigger or campaigns."""
        upload = request.FILES.get("file")
        if upload is None:
            raise Problem(
                422, "file_required", "Send the picture in the part “file”.", field="file"
            )
        try:
            kept = images.store(upload)
        except ValidationError as error:
            raise Problem(422, "image", error.messages[0], field="file") from None
        said = {
            "id": kept.name.removeprefix(f"{images.FOLDER}/"),
            "url": images.url(kept.name),
            "width": kept.width,
            "height": kept.height,
            "bytes": kept.bytes,
            "type": kept.type,
            "notes": list(kept.notes),
        }
        return Response(said, status=201)


def uploaded(image_id: str) -> images.StoredImage:
    """What `POST /images` kept under that id. Raises 422 `unknown_image`."""
    try:
        return images.kept(f"{images.FOLDER}/{image_id}")
    except OSError:
        told = "There is no such picture. Upload it first: POST /api/v1/images."
        raise Problem(422, "unknown_image", told, field="image_id") from None
