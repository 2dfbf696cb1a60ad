"""What Compose and message cards ask alike: title, text, languages, picture, page, data, sound."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.forms.utils import ErrorDict

from console.forms import extra_data
from console.forms.compose_languages import ADD, REMOVE, LanguageFields
from console.forms.parameters import QUIET
from console.forms.pictures import PictureFields
from notifications.content import clean_text
from notifications.models import Page, PageParameter

# Buttons that show the page again, with all that was typed.
REDRAW = ("fields", "remove_image", "fetch_image", ADD, REMOVE)
WATCHING = ("fields", "autosave", ADD, REMOVE)  # nobody asked for the picture yet
EXPIRIES = {
    0: "At once: now or never",
    3_600: "1 hour",
    6 * 3_600: "6 hours",
    86_400: "1 day",
    259_200: "3 days",
    604_800: "7 days",
    2_419_200: "28 days",
}


class MessageFields(LanguageFields, PictureFields):
    title = forms.CharField(required=False, label="Title")
    body = forms.CharField(
        required=False, label="Text", widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"})
    )
    image_url = forms.CharField(
        required=False,
        label="Address of a picture",
        widget=forms.URLInput(attrs={"placeholder": "https://", "autocomplete": "off"}),
    )
    initial_page = forms.ChoiceField(required=False, label="Initial page", choices=())
    extra = forms.CharField(
        required=False,
        label="Extra data",
        widget=forms.Textarea(attrs={"rows": 3, **QUIET}),
        help_text="One per line: key = value. Every value travels as text.",
    )
    sound = forms.BooleanField(required=False, label="Deliver with sound")
    use_required_attribute = False

    redraws: tuple[str, ...] = REDRAW
    mode: str
    page: Page | None
    parameter_names: list[str]

    def begin(
        self,
        page_name: str | None,
        kept: Mapping[str, str],
        parameter_field: Callable[[PageParameter], forms.Field],
    ) -> None:
        """From the constructor, once data, initial and `mode` are there. `kept`: the parameters
        as they are saved."""
        self.add_languages(self.mode)
        self.page = self._page(page_name)
        self.parameter_names = []
        for parameter in self.page.parameters.all() if self.page else []:
            name = f"parameter_{parameter.name}"
            self.fields[name] = parameter_field(parameter)
            self.initial.setdefault(name, kept.get(parameter.name, ""))
            self.parameter_names.append(name)
        if self.is_bound:
            self.carry_picture(remove=self.mode == "remove_image", fetch=self.mode not in WATCHING)

    def _page(self, named: str | None) -> Page | None:
        if named is None:
            named = str(self.typed("initial_page"))
        named = named.replace("\0", "")  # which PostgreSQL refuses even to look for
        return Page.objects.prefetch_related("parameters").filter(name=named).first()

    def typed(self, name: str) -> Any:
        """What the field holds now, unchecked."""
        if self.is_bound:
            return self.data.get(self.add_prefix(name), "")
        return self.initial.get(name, "")

    def _field(self, name: str) -> Any:
        return self.fields[name]

    @property
    def parameters(self) -> list[Any]:
        """Their bound fields, for the page."""
        return [self[name] for name in self.parameter_names]

    # ------------------------------------------------------------ checking

    def full_clean(self) -> None:
        if self.is_bound and self.mode in self.redraws:
            self._errors, self.cleaned_data = ErrorDict(), {}
        else:
            super().full_clean()
        if self.is_bound:
            self.refuse_picture()

    def clean_title(self) -> str:
        return clean_text(self.cleaned_data["title"]).replace("\n", " ")

    def clean_body(self) -> str:
        return clean_text(self.cleaned_data["body"])

    def clean_extra(self) -> dict[str, Any]:
        return extra_data.read(self.cleaned_data["extra"])

    def texts(self, cleaned: Mapping[str, Any]) -> dict[str, str]:
        """Parameters by their own names, as typed; blank ones are left out."""
        typed = {name: str(cleaned.get(name) or "").strip() for name in self.parameter_names}
        return {name.removeprefix("parameter_"): text for name, text in typed.items() if text}

    def message_fields(self) -> dict[str, Any]:
        """As the domain keeps a message's own part. Only of a valid form."""
        cleaned = self.cleaned_data
        plain = ("title", "body", "sound", "initial_page", "ttl_s")
        return {name: cleaned[name] for name in plain} | {
            "image": self.picture.name if self.picture else "",
            "image_facts": self.picture.facts if self.picture else {},
            "parameters": self.texts(cleaned),
            "data": cleaned["extra"],
            "variants": self.variants(),
        }
