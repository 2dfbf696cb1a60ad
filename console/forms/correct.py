"""New text for what went out, and the typed phrase that sends it. The domain decides about both."""

from typing import Any

from django import forms

from console.forms.review import ConfirmForm
from notifications.models import Notification


class CorrectForm(ConfirmForm):
    title = forms.CharField(required=False, label="Title")
    body = forms.CharField(
        required=False, label="Text", widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"})
    )
    without_image = forms.BooleanField(required=False, label="Take the picture away")
    token = ticked = None  # type: ignore[assignment]

    def __init__(self, data: Any = None, *, notification: Notification) -> None:
        text = {"title": notification.title, "body": notification.body}
        super().__init__(data, initial=text)
        if not notification.image:
            del self.fields["without_image"]

    def changes(self) -> dict[str, Any]:
        """As `correcting.correct` takes them. Only of a form that is_valid."""
        cleaned = self.cleaned_data
        changes = {"title": cleaned["title"], "body": cleaned["body"]}
        if cleaned.get("without_image"):
            changes |= {"image": "", "image_facts": {}}
        return changes
