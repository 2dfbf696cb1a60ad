"""The picture of a form: kept at once, carried from page to page in a signed hidden field."""

from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.urls import reverse

from notifications import images
from notifications.models import CardVersion, Notification

SALT = "beckon.picture"


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
    def token(self) -> str:
        return signing.dumps([self.name, self.facts], salt=SALT, compress=True)


def taken(upload: Any) -> Picture:
    """Raises ValidationError with the reason."""
    stored = images.store(upload)
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

    def carry_picture(self, *, remove: bool) -> None:
        """From the constructor of a bound form."""
        self.picture = kept(self.data.get("image_kept", ""))
        if remove:
            self.picture = None
        elif upload := self.files.get("image"):
            try:
                self.picture = taken(upload)
            except ValidationError as error:
                self.picture_error = error

    def refuse_picture(self) -> None:
        if self.picture_error:
            self.add_error("image", self.picture_error)
