"""Message cards: what marketers write, with its variables, and what support fills in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms

from console.forms import extra_data, message, pictures
from console.forms.compose_languages import initial_languages
from console.forms.message import EXPIRIES, MessageFields
from console.forms.parameters import HINTS, KEYBOARDS, QUIET
from console.forms.rows import posted, remove
from notifications import cards
from notifications.cards.keeping import VARIABLES_MAX
from notifications.models import TTL_DEFAULT_S, CardVersion, MessageCard, Page, PageParameter
from notifications.states import VariableType

ADD_VARIABLE, REMOVE_VARIABLE = "add_variable", "remove_variable"
REDRAW = (*message.REDRAW, ADD_VARIABLE, REMOVE_VARIABLE)
PARTS = ("name", "type", "sample")
FORM_NAMES = {"data": "extra"}


@dataclass(slots=True)
class Row:
    """One variable as it stands on the page."""

    name: str = ""
    type: str = VariableType.STRING
    sample: str = ""
    errors: dict[str, list[str]] = field(default_factory=dict)

    def as_dict(self) -> dict[str, str]:
        return {part: str(getattr(self, part)).strip() for part in PARTS}


class CardForm(MessageFields):
    field_order = ("name", "key", "description", "title", "body", "image")
    name = forms.CharField(required=False, label="Name", help_text="For your colleagues.")
    key = forms.CharField(
        required=False,
        label="Key",
        help_text="What the app’s back end calls it by. It can’t be changed later.",
        widget=forms.TextInput(attrs=QUIET),
    )
    description = forms.CharField(required=False, label="When to use it")
    extra = forms.CharField(
        required=False,
        label="Extra data",
        widget=forms.Textarea(attrs={"rows": 2, **QUIET}),
        help_text="One per line: key = value. Values may hold variables.",
    )
    ttl_s = forms.TypedChoiceField(
        label="Gives up after", coerce=int, choices=list(EXPIRIES.items())
    )
    client_callable = forms.BooleanField(
        required=False,
        label="The app itself may send it",
        help_text="With the public key that ships in the app: anybody who has the app could then "
        "send this card, with any values, to anyone. Leave it off unless that does no harm.",
    )
    redraws = REDRAW

    def __init__(
        self,
        *args: Any,
        card: MessageCard | None = None,
        version: CardVersion | None = None,
        mode: str = "save",
        **kwargs: Any,
    ) -> None:
        self.card, self.version, self.mode = card, version, mode
        self.picture = pictures.of(version) if version else None
        kwargs.setdefault("initial", initial_of(version))
        super().__init__(*args, **kwargs)
        if card is not None:
            del self.fields["key"]
        pages = [(page.name, page.name) for page in Page.objects.all()]
        self._field("initial_page").choices = [("", "Home (default)"), *pages]
        self.begin(None, version.parameters if version else {}, text_field)
        self.rows = self._rows()

    @property
    def types(self) -> list[tuple[str, str]]:
        return list(VariableType.choices)

    def _rows(self) -> list[Row]:
        if not self.is_bound:
            return [Row(**one) for one in self.version.variables] if self.version else []
        rows = [
            Row(
                str(self.data.get(f"var-{i}-name", "")),
                str(self.data.get(f"var-{i}-type", "")),
                str(self.data.get(f"var-{i}-sample", "")),
            )
            for i in posted(self.data, "variables", VARIABLES_MAX + 1)
        ]
        if self.mode == REMOVE_VARIABLE:
            remove(rows, self.data.get(REMOVE_VARIABLE, ""))
        if self.mode == ADD_VARIABLE and len(rows) < VARIABLES_MAX:
            rows.append(Row())
        return rows

    def card_fields(self) -> dict[str, Any]:
        """As `cards.create` and `revise` take them. Only of a valid form."""
        cleaned = self.cleaned_data
        own = {name: cleaned[name] for name in ("name", "description", "client_callable")}
        return self.message_fields() | own | {"variables": [row.as_dict() for row in self.rows]}

    def refuse(self, errors: Mapping[str, list[str]]) -> None:
        """What the domain says, on the fields and rows that it is about."""
        for name, told in errors.items():
            at = name.split(".")
            if at[0] == "variables" and len(at) == 3 and int(at[1]) < len(self.rows):
                self.rows[int(at[1])].errors[at[2]] = told
                self.add_error(None, f"Variable {self.rows[int(at[1])].name or at[1]}: {told[0]}")
                continue
            known = FORM_NAMES.get(name, name)
            self.add_error(known if known in self.fields else None, told)

    def unsaved(self) -> CardVersion:
        """As it stands, for the preview."""
        return CardVersion(
            title=str(self.typed("title") or ""),
            body=str(self.typed("body") or ""),
            variants=self.typed_variants(),
            variables=[row.as_dict() for row in self.rows],
        )


def text_field(parameter: PageParameter) -> forms.CharField:
    """Text for every type: a value, or a variable in braces."""
    widget = forms.TextInput(attrs={"data-type": parameter.type, **QUIET})
    return forms.CharField(label=parameter.name, required=False, widget=widget)


def initial_of(version: CardVersion | None) -> dict[str, Any]:
    if version is None:
        return {"sound": True, "ttl_s": TTL_DEFAULT_S}
    card = version.card
    return {
        "name": card.name, "description": card.description,
        "client_callable": card.client_callable, "title": version.title, "body": version.body,
        "initial_page": version.initial_page, "sound": version.sound, "ttl_s": version.ttl_s,
        "extra": extra_data.write(version.data), **initial_languages(version.variants),
    }  # fmt: skip


class FillForm(forms.Form):
    """One field for each variable of a card; all of them are needed."""

    use_required_attribute = False

    def __init__(self, *args: Any, version: CardVersion, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.version = version
        for one in cards.declared(version):
            self.fields[f"variable_{one.name}"] = variable_field(one)

    @property
    def values(self) -> dict[str, str]:
        """As typed, unchecked."""
        held = self.data if self.is_bound else self.initial
        return {
            one.name: str(held.get(f"variable_{one.name}", "") or "").replace("\0", "")
            for one in cards.declared(self.version)
        }

    def typed_only(self, errors: Mapping[str, list[str]]) -> dict[str, list[str]]:
        """Of those, what is wrong about fields that are not empty."""
        return {
            name: told
            for name, told in errors.items()
            if self.values.get(name.removeprefix("variable_"), "").strip()
        }

    def refuse(self, errors: Mapping[str, list[str]]) -> None:
        for name, told in errors.items():
            self.add_error(name if name in self.fields else None, told)


def variable_field(one: cards.Variable) -> forms.Field:
    kind = VariableType(one.type)
    hint = HINTS.get(kind.value, "") if kind is not VariableType.URL else "A link, https://…"  # type: ignore[call-overload]
    attrs: dict[str, str] = {"data-type": kind.label, "placeholder": one.sample}
    if kind is VariableType.BOOLEAN:
        return forms.ChoiceField(
            label=one.name,
            required=False,
            choices=[("", "Choose…"), ("true", "true"), ("false", "false")],
            widget=forms.Select(attrs={"data-type": kind.label}),
        )
    if kind is VariableType.DATE:
        attrs = {"type": "date", "data-type": kind.label}
    if kind.value in KEYBOARDS:
        attrs["inputmode"] = KEYBOARDS[kind.value]  # type: ignore[index]
    return forms.CharField(
        label=one.name, required=False, help_text=hint, widget=forms.TextInput(attrs=attrs | QUIET)
    )
