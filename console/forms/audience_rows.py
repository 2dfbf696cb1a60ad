"""One condition of the rule builder, and the words it is read with from left to right."""

from dataclasses import dataclass
from dataclasses import field as part

from devices import audiences
from devices.audiences.fields import OPS_OF

TYPES = (("string", "text"), ("number", "number"), ("boolean", "yes or no"), ("date", "date"))
WORDS = {
    "is": "is",
    "is_not": "is not",
    "one_of": "is one of",
    "contains": "contains",
    "more": "is more than",
    "less": "is less than",
    "between": "is between",
    "exists": "is known",
    "in_last": "in the last",
    "not_in_last": "not in the last",
    "did": "in the last",
    "did_not": "not in the last",
}
OF_DAYS = {"more": "is after", "less": "is before"}
OF_VERSIONS = {"more": "is newer than", "less": "is older than"}
IN_DAYS = ("in_last", "not_in_last", "did", "did_not")
YES_NO = [("yes", "yes"), ("no", "no")]
HINTS = {
    "tag": "Such as vip.",
    "os_version": "Such as 17.2.",
    "app_version": "Such as 4.10.",
    "locale": "Such as de, or de-AT.",
    "country": "From the region of the phone: de-AT is Austria.",
    "timezone": "Such as Europe/Vienna.",
}
OF_A_PERSON = (
    "country", "locale", "timezone", "last_seen", "registered", "opened", "tag", "attribute",
)  # fmt: skip


@dataclass(slots=True)
class Row:
    """As it is typed. `wrong`: which of its parts `errors` are about, name or value."""

    group: str = ""
    field: str = "platform"
    name: str = ""
    type: str = "string"
    op: str = "is"
    value: str = ""
    errors: list[str] = part(default_factory=list)
    wrong: str = ""

    @property
    def ops(self) -> list[tuple[str, str]]:
        """Its ways of asking, in words that fit what is asked about."""
        words = WORDS
        if self.kind in ("day", "date"):
            words = WORDS | OF_DAYS
        elif self.kind == "version":
            words = WORDS | OF_VERSIONS
        return [(op, words[op]) for op in ops_of(self)]

    @property
    def kind(self) -> str:
        """What its values are."""
        known = audiences.FIELDS.get(self.field)
        return self.type if self.is_attribute else (known.type if known else "")

    @property
    def is_attribute(self) -> bool:
        return self.field == "attribute"

    @property
    def is_opened(self) -> bool:
        return self.field == "opened"

    @property
    def in_days(self) -> bool:
        return self.op in IN_DAYS

    @property
    def is_day(self) -> bool:
        """One date, which the browser has a calendar for."""
        return self.kind in ("day", "date") and self.op in ("is", "is_not", "more", "less")

    @property
    def choices(self) -> list[tuple[str, str]]:
        """Where one of a few words is all there is to say."""
        if self.op == "exists" or (self.is_attribute and self.type == "boolean"):
            return YES_NO
        known = audiences.FIELDS.get(self.field)
        if known is None or self.op not in ("is", "is_not"):
            return []
        return list(known.choices.items())

    @property
    def hint(self) -> str:
        if self.choices or self.in_days or self.is_day:
            return ""
        if self.op == "one_of":
            return f"Apart by commas: {self.listed}." if self.listed else "Apart by commas."
        if self.op == "between":
            return "The lower, a comma, the higher."
        return HINTS.get(self.field, "")

    @property
    def listed(self) -> str:
        known = audiences.FIELDS.get(self.field)
        return ", ".join(known.choices) if known else ""

    @property
    def is_blank(self) -> bool:
        """Just added: nothing is wrong with it yet, it is only not finished."""
        return not (self.value or self.choices) or (self.is_attribute and not self.name)


def ops_of(row: Row) -> tuple[str, ...]:
    if row.field == "opened":
        return ("did_not", "did")
    if row.field == "attribute":
        return OPS_OF.get(row.type, OPS_OF["string"])
    known = audiences.FIELDS.get(row.field)
    return known.ops if known else ()


def field_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """All there is to ask about, in two groups."""
    labels = {name: known.label for name, known in audiences.FIELDS.items()}
    person = [(name, labels.pop(name)) for name in OF_A_PERSON if name in labels]
    return [("The phone", list(labels.items())), ("The person", person)]
