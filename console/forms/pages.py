"""The page of the app that a tap opens, with its typed parameters: one form, any number of rows."""

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.db import transaction
from django.forms import BaseFormSet, formset_factory
from django.http import QueryDict

from console.typed import whole
from notifications import content
from notifications.models import Page, PageParameter
from notifications.states import ParameterType

PARAMETERS_MAX = 50
PREFIX = "parameters"
TYPES = [(kind, kind) for kind in ParameterType.values]  # the app's own words
FORM_FIELDS_MAX = 1_000  # Django takes no more fields in one form


class PageForm(forms.Form):
    name = forms.CharField(
        label="Page name",
        max_length=80,
        help_text="Exactly as the app calls it; it travels as initialPageName. Capitals count.",
        error_messages={"required": "A page needs the name that the app gives it."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    description = forms.CharField(
        label="Description",
        max_length=120,
        required=False,
        help_text="For your colleagues, beside the name when they compose.",
    )

    def __init__(self, *args: Any, page: Page | None = None, **kwargs: Any) -> None:
        self.page = page
        if page is not None:
            kwargs.setdefault("initial", {"name": page.name, "description": page.description})
        super().__init__(*args, **kwargs)

    def clean_name(self) -> str:
        name = content.clean_text(self.cleaned_data["name"])
        if not name:
            raise forms.ValidationError("A page needs the name that the app gives it.")
        others = Page.objects.exclude(pk=self.page.pk) if self.page else Page.objects.all()
        if others.filter(name=name).exists():
            raise forms.ValidationError(f"There is already a page named {name}.")
        return name

    def clean_description(self) -> str:
        return content.clean_text(self.cleaned_data["description"])


class ParameterForm(forms.Form):
    name = forms.CharField(
        label="Parameter name",
        max_length=80,
        error_messages={"required": "Name this parameter, or remove its row."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    type = forms.ChoiceField(label="Type", choices=TYPES, initial=ParameterType.STRING)
    required = forms.BooleanField(label="Required", required=False)

    def clean_name(self) -> str:
        name = content.clean_text(self.cleaned_data["name"])
        if not name:
            raise forms.ValidationError("Name this parameter, or remove its row.")
        return name


if TYPE_CHECKING:
    Rows = BaseFormSet[ParameterForm]
else:  # only the stubs know what a formset is made of
    Rows = BaseFormSet


class ParameterRows(Rows):
    """A row that was left wholly untouched is not a parameter."""

    default_error_messages = BaseFormSet.default_error_messages | {
        "too_many_forms": "A page takes at most %(num)d parameters."
    }

    def clean(self) -> None:
        seen: set[str] = set()
        for row in self.forms:
            name = row.cleaned_data.get("name", "") if row.is_valid() else ""
            if name and name in seen:
                row.add_error("name", f"There is another parameter named {name}.")
            seen.add(name)

    def parameters(self) -> list[dict[str, Any]]:
        return [row.cleaned_data for row in self.forms if row.cleaned_data.get("name")]


RowsFormSet = cast(
    type[ParameterRows],
    formset_factory(
        ParameterForm,
        formset=ParameterRows,
        extra=0,
        max_num=PARAMETERS_MAX,
        absolute_max=PARAMETERS_MAX,
        validate_max=True,
    ),
)


def rows_of(page: Page | None) -> ParameterRows:
    """Unbound rows: the page's own parameters, or none."""
    initial = list(page.parameters.values("name", "type", "required")) if page else []
    return RowsFormSet(prefix=PREFIX, initial=initial)


def typed_rows(post: QueryDict) -> ParameterRows:
    """Rows as they were posted. Nothing is initial: what a row held before does not matter."""
    rows = typed_values(post)
    data = {f"{PREFIX}-TOTAL_FORMS": len(rows), f"{PREFIX}-INITIAL_FORMS": 0}
    for index, row in enumerate(rows):
        data |= {f"{PREFIX}-{index}-{name}": value for name, value in row.items()}
    return RowsFormSet(data, prefix=PREFIX)


def redrawn_rows(post: QueryDict) -> ParameterRows:
    """The same rows, unchecked, with one more at the end or one taken out: the two buttons that
    work without JavaScript."""
    rows = typed_values(post)
    removed = post.get("remove_parameter", "")
    if removed in map(str, range(len(rows))):
        del rows[int(removed)]
    if "add_parameter" in post and len(rows) < PARAMETERS_MAX:
        rows.append({"name": "", "type": ParameterType.STRING, "required": False})
    return RowsFormSet(prefix=PREFIX, initial=rows)


def typed_values(post: QueryDict) -> list[dict[str, Any]]:
    """One row each, in order; a number that is missing was a row taken out in the browser."""
    count = whole(post.get(f"{PREFIX}-TOTAL_FORMS", "")) or 0
    return [
        {
            "name": post.get(f"{PREFIX}-{index}-name", ""),
            "type": post.get(f"{PREFIX}-{index}-type", ParameterType.STRING),
            "required": f"{PREFIX}-{index}-required" in post,
        }
        for index in range(min(count, FORM_FIELDS_MAX))
        if f"{PREFIX}-{index}-name" in post
    ]


@transaction.atomic
def save(form: PageForm, rows: ParameterRows) -> Page:
    """Write a checked page and exactly these parameters, in the order of the rows."""
    page = form.page or Page()
    page.name = form.cleaned_data["name"]
    page.description = form.cleaned_data["description"]
    page.save()
    page.parameters.all().delete()
    PageParameter.objects.bulk_create(
        PageParameter(page=page, position=position, **parameter)
        for position, parameter in enumerate(rows.parameters())
    )
    return page
