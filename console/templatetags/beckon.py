"""How numbers, times and status words are written on every page. Loaded as a builtin."""

from datetime import UTC, datetime
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, RadioSelect, Select
from django.template.defaultfilters import pluralize
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from console import charts, sure
from console.clock import MINUS, NARROW, ago_text, day_word, full_time, span, zone_of
from console.pills import PILLS, WORDS
from devices import names

register = template.Library()

DASH = "–"

register.simple_tag(sure.words, name="sure")


# ---- numbers


@register.filter
def n(value: Any) -> str:
    """61480 → 61 480; thousands by a narrow no-break space, minus as U+2212, nothing as a dash."""
    if value is None or value == "":
        return DASH
    number = float(value)
    text = f"{abs(number):,.0f}" if number == int(number) else f"{abs(number):,.1f}"
    return (MINUS if number < 0 else "") + text.replace(",", NARROW)


@register.filter
def minus(value: Any) -> str:
    """8914 → − 8 914: what a step of the waterfall takes away."""
    return f"{MINUS}{NARROW}{n(abs(int(value or 0)))}"


@register.filter
def percent(part: Any, whole: Any = None) -> str:
    """62 → 62 %; `part|percent:whole` works the share out. Under 1 % one decimal, and neither 0
    nor 100 unless it is so."""
    if whole is None:
        share = float(part or 0)
    elif not whole:
        return DASH
    else:
        share = 100 * float(part or 0) / float(whole)
    return f"{_share_text(share)}{NARROW}%"


def _share_text(share: float) -> str:
    if share <= 0 or share >= 100:
        return f"{share:.0f}"
    if share < 0.1:
        return "<0.1"
    if share < 1:
        return f"{share:.1f}"
    if share > 99:
        return f"{int(share * 10) / 10:g}"
    return f"{share:.0f}"


@register.filter
def kb(size: Any) -> str:
    """Bytes in words: 812 → 812 bytes, 212000 → 212 kB, 1400000 → 1.4 MB."""
    size = int(size or 0)
    if size < 1000:
        return f"{size}{NARROW}bytes"
    if size < 1_000_000:
        return f"{size / 1000:.0f}{NARROW}kB"
    return f"{size / 1_000_000:.1f}{NARROW}MB"


@register.filter
def plural(count: Any, words: str) -> str:
    """`1|plural:"phone,phones"` → 1 phone; `2|plural:"phone,phones"` → 2 phones."""
    one, many = words.split(",")
    return f"{n(count)} {pluralize(count or 0, f'{one},{many}')}"


@register.filter
def width(value: Any) -> str:
    """A share for an SVG attribute: 45.391 → 45.39%."""
    return f"{max(0.0, min(100.0, float(value or 0))):.2f}%"


# ---- times


@register.filter
def when(moment: datetime | None, zone: str = "") -> str | SafeString:
    """Tue 24 Nov 2026, 09:30 Europe/Vienna (UTC+1) · 08:30 UTC, in a <time>; in the viewer's zone
    unless `zone` names one."""
    if moment is None:
        return DASH
    return _time(moment, full_time(moment, zone))


@register.filter
def full(moment: datetime | None, zone: str = "") -> str:
    """The words of `when` alone, for a title."""
    return full_time(moment, zone) if moment else DASH


@register.filter
def short_when(moment: datetime | None, zone: str = "") -> str | SafeString:
    """Today 09:30 · Tomorrow 09:30 · Tue 24 Nov, 09:30, the whole of it as a title."""
    if moment is None:
        return DASH
    local = moment.astimezone(zone_of(zone))
    clock = local.strftime("%H:%M")
    day = day_word(local, timezone.now().astimezone(local.tzinfo))
    return _time(moment, f"{day} {clock}", full_time(moment, zone))


@register.filter
def day(moment: datetime | None, zone: str = "") -> str:
    """today, tomorrow, Thu, or Thu 3 Dec when it is not this week: under a clock time."""
    if moment is None:
        return DASH
    local = moment.astimezone(zone_of(zone))
    today = timezone.now().astimezone(local.tzinfo)
    days = (local.date() - today.date()).days
    word = day_word(local, today).rstrip(",")
    if -1 <= days <= 1:
        return word.lower()
    return f"{local:%a}" if 1 < days < 7 else word


@register.filter
def clock(moment: datetime | None, zone: str = "") -> str | SafeString:
    """09:30:10, for rows that share a day."""
    if moment is None:
        return DASH
    local = moment.astimezone(zone_of(zone))
    return _time(moment, local.strftime("%H:%M:%S"), full_time(moment, zone))


@register.filter
def ago(moment: datetime | None) -> str | SafeString:
    """8 min ago, with the full time as a title."""
    if moment is None:
        return "never"
    return _time(moment, ago_text(timezone.now() - moment), full_time(moment))


register.filter(span)


def _time(moment: datetime, text: str, title: str = "") -> SafeString:
    iso = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if not title:
        return format_html('<time datetime="{}">{}</time>', iso, text)
    return format_html('<time datetime="{}" title="{}">{}</time>', iso, title, text)


# ---- icons and words


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """`{% icon "send" %}`; size "s" or "l". Decoration: the word beside it carries the meaning.
    A new name goes into static/console/icons.txt."""
    return format_html(
        '<svg class="i{}" aria-hidden="true"><use href="{}#i-{}"/></svg>',
        f" i-{size}" if size else "",
        static("console/icons.svg"),
        name,
    )


@register.filter
def pill_icon(status: Any) -> str:
    return PILLS.get(str(status), ("help", ""))[0]


@register.filter
def pill_tone(status: Any) -> str:
    return PILLS.get(str(status), ("help", ""))[1]


@register.filter
def status_word(status: Any) -> str:
    """The word beside the icon: a choice's own label, else the table's, else the code in words."""
    label = getattr(status, "label", "")
    code = str(status)
    return str(label) or WORDS.get(code) or code.replace("_", " ").capitalize()


@register.filter
def audience_words(notification: Any) -> str:
    """Everyone · Android; 3 people; Saved audience “Near the mountains”."""
    if notification.send_to == "users":
        who = plural(len(notification.recipients), "person,people")
    elif notification.send_to == "audience" and notification.audience:
        who = f"Audience “{notification.audience}”"
    elif notification.send_to == "reached":
        who = "Those who did not open it"
        if notification.corrects_id:
            who = "Correction, to those who accepted it"
    else:
        who = notification.get_send_to_display()
    system = "" if notification.target_os == "all" else f" · {notification.get_target_os_display()}"
    return who + system


@register.filter
def called(person: Any) -> str:
    """What their attributes call them, else their id."""
    return names.person(person)


@register.filter
def initials(user: Any) -> str:
    """Two letters for the avatar of a member of staff."""
    names = (user.get_full_name() or user.get_username()).replace(".", " ").split()
    return "".join(name[0] for name in names[:2]).upper()


@register.filter
def lookup(mapping: Any, key: Any) -> Any:
    """`hints|lookup:radio.data.value`; "" when there is none."""
    return (mapping or {}).get(str(key), "")


# ---- bars


@register.simple_tag
def bar(parts: Any, total: Any = None) -> list[charts.Part]:
    """`{% bar parts total as laid %}`; without a total the parts are the whole."""
    return charts.bar(parts or [], int(total or 0))


@register.filter
def waterfall(steps: Any) -> list[charts.Step]:
    return charts.waterfall(steps or [])


# ---- fields


@register.simple_tag
def control(
    field: BoundField, unit: str = "", hint: str = "", extra: str = "", mono: bool = False
) -> SafeString:
    """The bare control of a field, with our class, and tied to the unit, hint and error that
    _field.html draws around it."""
    widget = field.field.widget
    classes = ["form-select" if isinstance(widget, Select) else "form-control", extra or ""]
    classes += ["mono"] if mono else []
    classes += ["is-wrong"] if field.errors else []
    classes.append(widget.attrs.get("class", ""))
    about = [f"{field.auto_id}-unit"] if unit else []
    about += [f"{field.auto_id}-hint"] if hint or field.errors else []
    attrs: dict[str, Any] = {"class": " ".join(filter(None, classes))}
    if about:
        attrs["aria-describedby"] = " ".join(about)
    return field.as_widget(attrs=attrs)


@register.filter
def control_kind(field: BoundField) -> str:
    """switch, radios or control: which partial draws it."""
    widget = field.field.widget
    if isinstance(widget, CheckboxInput):
        return "switch"
    return "radios" if isinstance(widget, RadioSelect) else "control"
