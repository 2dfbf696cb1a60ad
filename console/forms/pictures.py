"""The picture of a form: kept at once, carried from page to page in a signed hidden field."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.urls import reverse

from notifications import fetching, images
from notifications.models import CardVersion, Notification

SALT = "beckon.picture"


SHAPE = 2  # times as wide as high: what phones show of a picture
NEARLY = 0.03  # so much of it may be cut off before anybody would see it


class Box(NamedTuple):
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Crop:
    """In pixels of the picture: what phones show of it, and the two parts that they cut off."""

    width: int
    height: int
    shown: Box
    lost: tuple[Box, Box]


def crop(width: int, height: int) -> Crop | None:
    """None where phones show as good as all of it."""
    wide, high = min(width, height * SHAPE), min(height, width // SHAPE)
    if not width or not height or wide * high >= width * height * (1 - NEARLY):
        return None
    x, y = (width - wide) // 2, (height - high) // 2
    far = Box(0, y + high, width, y) if y else Box(x + wide, 0, x, height)
    near = Box(0, 0, width, y) if y else Box(0, 0, x, height)
    return Crop(width, height, Box(x, y, wide, high), (near, far))


@dataclass(frozen=True, slots=True)
class Picture:
    """`name` as a notification keeps it: relative to the media folder, or an https address."""

    name: str
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def src(self) -> str:
        """Where the console's own pages load it from."""
        return reverse("media", args=[self.name]) if images.is_ours(self.name) else self.name

    @property
    def crop(self) -> Crop | None:
        return crop(int(self.facts.get("width") or 0), int(self.facts.get("height") or 0))

    @property
    def token(self) -> str:
        return signing.dumps([self.name, self.facts], salt=SALT, compress=True)


def taken(upload: Any) -> Picture:
    """Raises ValidationError with the reason."""
    stored = images.store(upload)
    return Picture(stored.name, stored.facts())


def fetched(address: str) -> Picture:
    """Raises ValidationError with the reason."""
    stored = fetching.picture(address)
    return Picture(stored.name, stored.facts())


def kept(token: str) -> Picture | None:
    """None for anything that we did not sign: a name from outside never becomes a picture."""
    try:
        name, facts = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return Picture(name, facts)


def of(told: Notification | CardVersion) -> Picture | None:
    return Picture(told.image, told.image_facts) if told.image else None


class PictureFields(forms.Form):
    """A new upload is kept at once, whatever else is wrong with the form; without one the signed
    field says which picture there was."""

    image = forms.FileField(
        required=False,
        allow_empty_file=True,
        label="Image",
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/gif"}),
    )
    picture: Picture | None = None
    picture_error: ValidationError | None = None

    def carry_picture(self, *, remove: bool, fetch: bool = False) -> None:
        """From the constructor of a bound form. `fetch`: the address may be asked."""
        self.picture = kept(self.data.get("image_kept", ""))
        if remove:
            self.picture = None
            return
        try:
            if upload := self.files.get("image"):
                self.picture = taken(upload)
            elif fetch and (typed := self.data.get("image_url", "").strip()):
                self.picture = fetched(typed)
        except ValidationError as error:
            self.picture_error = error

    def refuse_picture(self) -> None:
        if self.picture_error:
            self.add_error("image", self.picture_error)
