"""Compose: one form for a whole notification, whose last fields are those of the chosen page.

How much must be right depends on the button. Review wants everything; a draft may be unfinished,
but what is in it must be sound; the buttons that only redraw the page check nothing.
"""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from console.clock import span
from console.context import url_of
from console.forms import pictures
from console.forms.compose_waves import WaveFields
from console.forms.compose_when import WhenFields
from console.forms.leave_out import LeaveOutFields
from console.forms.message import EXPIRIES, MessageFields
from console.forms.parameters import QUIET, parameter_field
from console.forms.saved import initial_of
from devices.models import Audience
from notifications import content
from notifications.models import Notification, Page
from notifications.states import SendTo, TargetOS

UNFINISHED = ("save", "autosave")  # a draft may lack title, text and required parameters
# Where the domain's field has another name here.
FORM_NAMES = {
    "data": "extra", "send_at": "date", "repeat": "every", "exclude_users": "exclude_people",
    "waves": "wave_percents",
}  # fmt: skip


class ComposeForm(MessageFields, LeaveOutFields, WaveFields, WhenFields):
    field_order = (  # as they stand on the page; those of When come after
        "title", "body", "image", "send_to", "recipients", "audience", "target_os",
        "exclude_audience", "exclude_people", "initial_page", "extra", "sound", "batch_mode",
        "quiet_hours", "ttl_s",
    )  # fmt: skip
    send_to = forms.ChoiceField(label="Send to", choices=(), widget=forms.RadioSelect)
    recipients = forms.CharField(
        required=False,
        label="User references",
        widget=forms.Textarea(attrs={"rows": 3, **QUIET}),
    )
    audience = forms.ModelChoiceField(
        required=False, label="Audience", queryset=Audience.objects.none(), empty_label="Choose…"
    )
    target_os = forms.ChoiceField(
        label="Target OS", choices=TargetOS.choices, widget=forms.RadioSelect
    )
    batch_mode = forms.BooleanField(required=False, label="Batch notifications")
    ttl_s = forms.TypedChoiceField(label="Gives up after", coerce=int, choices=())

    def __init__(
        self,
        *args: Any,
        notification: Notification | None = None,
        mode: str = "review",
        page_name: str | None = None,
        now: datetime | None = None,
        **kwargs: Any,
    ) -> None:
        self.mode, self.notification = mode, notification
        self.now = now or timezone.now()
        self.picture = pictures.of(notification) if notification else None
        kwargs["initial"] = initial_of(notification) | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        self.unknown: dict[str, str] = {}
        self.begin(page_name, notification.parameters if notification else {}, parameter_field)
        self._choices()

    # ------------------------------------------------------------ what can be chosen

    def _choices(self) -> None:
        pages = [("", "Home (default)")]
        for page in Page.objects.all():
            pages.append((page.name, f"{page.name} — {page.description}".removesuffix(" — ")))
        gone = str(self.initial.get("initial_page", ""))
        if gone and gone not in dict(pages):
            pages.append((gone, f"{gone} (no longer registered)"))
        self._field("initial_page").choices = pages
        audiences = Audience.objects.filter(archived_at=None)
        self.has_audiences = bool(url_of("audiences")) and audiences.exists()
        self._field("audience").queryset = audiences
        self._field("send_to").choices = self._sendable()
        ttl = int(self.initial["ttl_s"])
        self._field("ttl_s").choices = sorted(({ttl: span(ttl)} | EXPIRIES).items())
        self.offer_zones(str(self.initial["timezone"]))

    def _sendable(self) -> list[tuple[str, str]]:
        """Whom it can go to; a draft for those whom another one reached goes to nobody else."""
        if self.notification and self.notification.send_to == SendTo.REACHED:
            return [(SendTo.REACHED.value, SendTo.REACHED.label)]
        hidden = {SendTo.REACHED} if self.has_audiences else {SendTo.REACHED, SendTo.AUDIENCE}
        return [(one.value, one.label) for one in SendTo if one not in hidden]

    @property
    def expiry(self) -> str:
        """The chosen expiry in words."""
        ttl = str(self.typed("ttl_s"))
        known: dict[str, str] = {
            str(seconds): words for seconds, words in self._field("ttl_s").choices
        }
        return known.get(ttl, "")

    @property
    def is_paced(self) -> bool:
        """Whether waves or a spread are chosen, or wrong."""
        wrong = {"in_waves", "wave_percents", "wave_wait", "spread_min"} & self.errors.keys()
        return bool(
            wrong or self["in_waves"].value() or str(self["spread_min"].value() or 0) != "0"
        )

    # ------------------------------------------------------------ checking

    def clean_recipients(self) -> list[str]:
        references = content.parse_references(self.cleaned_data["recipients"])
        if self.cleaned_data.get("send_to") != SendTo.USERS:
            return []
        if not references and self.mode in ("save", "review"):
            raise ValidationError("Name at least one person. Nothing here never means everyone.")
        if len(references) > content.RECIPIENTS_MAX:
            raise ValidationError(
                f"{len(references):,} people; {content.RECIPIENTS_MAX:,} is the most in one field."
            )
        self.unknown = content.find_users(references)[1]
        if self.unknown and self.mode == "review":
            raise ValidationError(unknown_sentence(self.unknown))
        return references

    def clean_audience(self) -> Audience | None:
        if self.cleaned_data.get("send_to") != SendTo.AUDIENCE:
            return None
        audience: Audience | None = self.cleaned_data["audience"]
        if audience is None and self.mode in ("save", "review"):
            raise ValidationError("Choose a saved audience.")
        return audience

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors.keys() & {"title", "body", "extra", "ttl_s"}:
            self._check_message(cleaned)
        self.check_when(cleaned)
        return cleaned

    def _check_message(self, cleaned: dict[str, Any]) -> None:
        texts = self.texts(cleaned)
        unfinished = self.mode in UNFINISHED
        blank = "-" if unfinished else ""
        message = content.Message(
            title=cleaned["title"] or blank,
            body=cleaned["body"] or blank,
            image=self.picture.name if self.picture else "",
            sound=cleaned["sound"],
            initial_page=cleaned.get("initial_page", ""),
            parameters=texts,
            data=cleaned["extra"],
            ttl_s=cleaned["ttl_s"],
            variants={
                tag: {part: text or blank for part, text in one.items()}
                for tag, one in self.variants().items()
            },
            verbatim=unfinished,
        )
        try:
            content.check(message, self.page)
        except ValidationError as error:
            for name, reasons in error.message_dict.items():
                field = FORM_NAMES.get(name, name)
                missing = field in self.parameter_names and not cleaned.get(field)
                if not (missing and unfinished):
                    self.add_error(field if field in self.fields else None, reasons)

    # ------------------------------------------------------------ what is saved

    def notification_fields(self) -> dict[str, Any]:
        """As `lifecycle.compose` and `revise` take them. Only of a valid form."""
        cleaned = self.cleaned_data
        chosen = ("send_to", "recipients", "audience", "target_os", "batch_mode")
        fields = {name: cleaned[name] for name in chosen} | {"waves": self.waves}
        return self.message_fields() | fields | self.when_fields() | self.leave_out_fields()


def unknown_sentence(unknown: dict[str, str]) -> str:
    """Names the first five, each with a near match where there is one."""
    named = [
        f"users/{one} (did you mean users/{near}?)" if near else f"users/{one}"
        for one, near in list(unknown.items())[:5]
    ]
    rest = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
    return f"We don’t know {', '.join(named)}{rest}. Ids are case-sensitive."
