"""What the pages of a draft show beside its form: preview, meters, reach, and other people."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.urls import reverse

from console import reachable, when_words
from console.forms import extra_data, when_told
from console.forms.compose import FORM_NAMES, ComposeForm
from console.forms.saved import initial_of
from console.read_as import reading
from devices import preferences
from notifications import content, lifecycle, oddities, revision
from notifications.fcm.message import MessageInvalid
from notifications.models import AuditEntry, Notification
from notifications.personal import label

SAME_SAVE = timedelta(seconds=2)
# Where phones cut the text, in characters: (words, with a picture, without one).
CUTS = (("Android, closed", 49, 49), ("iPhone lock screen", 130, 160))
CUT_SCALE = 200
BESIDE = ("image_facts", "timezone", "wall", "each_clock", "if_past")  # told with another field


@dataclass(frozen=True, slots=True)
class Clash:
    """Someone saved this draft after it was opened here."""

    who: str
    at: datetime
    differences: list[tuple[str, str, str]]  # (label, here, theirs)


def edit_url(draft: Notification) -> str:
    return reverse("compose_edit", args=[draft.uuid])


def checked(draft: Notification, by: Any, now: datetime) -> ComposeForm:
    """The saved draft as if its author had just pressed Review: with everything that is wrong,
    the form's own findings first, then what only a review can see."""
    form = _retyped(draft)
    form.is_valid()
    try:
        lifecycle.review(draft, by=by, now=now)
    except ValidationError as error:
        for name, reasons in error.message_dict.items():
            field = FORM_NAMES.get(name, name)
            if field not in form.errors:
                form.add_error(field if field in form.fields else None, reasons)
    return form


def _retyped(draft: Notification) -> ComposeForm:
    fields = initial_of(draft)
    typed = QueryDict(mutable=True)
    for name, value in fields.items():
        if isinstance(value, list):
            typed.setlist(name, value)
        elif value not in (None, "", False):
            typed[name] = "on" if value is True else str(value)
    for name, text in draft.parameters.items():
        typed[f"parameter_{name}"] = str(text)
    unbound = ComposeForm(notification=draft)
    if unbound.picture:
        typed["image_kept"] = unbound.picture.token
    return ComposeForm(typed, notification=draft, mode="review")


# ---------------------------------------------------------------- the page's facts


def page_context(
    form: ComposeForm, draft: Notification | None, now: datetime, *, counts: bool = True
) -> dict[str, Any]:
    """`counts`: also whom it reaches, which takes its time where there are many phones."""
    typed = {name: form.typed(name) for name in reachable.NAMES}
    return {
        "form": form,
        "draft": draft,
        "reach": reachable.of_typed(typed, now, counts=counts),
        "batch_on": bool(form.typed("batch_mode")),
        **(weight(form) if form.is_bound or draft else {"bytes_max": content.BYTES_MAX}),
        "undo_seconds": settings.UNDO_SECONDS,
        "told": chosen_time(form, now),
        **preview_context(form),
    }


def weight(form: ComposeForm) -> dict[str, Any]:
    return {"sizes": sizes(form), "bytes_max": content.BYTES_MAX}


def chosen_time(form: ComposeForm, now: datetime) -> dict[str, Any]:
    """What the chosen time comes to, in words."""
    draft = form.notification
    if form.is_bound or draft is None:
        return when_told.told(form)
    return when_told.told_of(draft, now)


def preview_context(form: ComposeForm) -> dict[str, Any]:
    title, body = str(form.typed("title") or ""), str(form.typed("body") or "")
    texts = content.texts_as_far_as_read(typed_message(form))
    asked = (str(form.data.get(name, "")) for name in ("preview_as", "preview_language"))
    shown = reading(texts, *asked)
    known = preferences.read("app_name", "sound_channel", "silent_channel")
    return {
        "title": shown.title,
        "body": shown.body,
        "reading": shown,
        "personal": not texts.is_plain,
        "image": form.picture.src if form.picture else "",
        "title_count": content.grapheme_count(title),
        "body_count": content.grapheme_count(body),
        "title_soft": content.TITLE_SOFT,
        "body_soft": content.BODY_SOFT,
        "cut": cut_meter(shown.body, has_image=form.picture is not None),
        "android_cut": android_cut(shown.body) if form.picture else "",
        **known,
    }


def cut_meter(body: str, *, has_image: bool) -> dict[str, Any]:
    count = content.grapheme_count(body)
    ticks = []
    for words, with_image, without in CUTS:
        chars = with_image if has_image else without
        at = 100 * chars / CUT_SCALE
        ticks.append({"label": words, "chars": chars, "at": at, "over": count > chars})
    passed = [str(tick["label"]) for tick in ticks if tick["over"]]
    text = f"Cut on: {', '.join(passed)}." if passed else "Read in full on every screen."
    return {"share": 100 * count / CUT_SCALE, "ticks": ticks, "text": text}


def android_cut(body: str) -> str:
    """The beginning of what is lost below a big picture."""
    lost = oddities.android_cut(body)
    return lost if len(lost) <= 40 else f"{lost[:39]}…"


def sizes(form: ComposeForm) -> dict[str, float] | None:
    """Bytes per system of what the form holds; None while it is no message at all."""
    message = typed_message(form)
    try:
        found = content.sizes(message, form.page, revision.image_url(message.image))
    except MessageInvalid:
        return None
    most = max(found.values())
    text = len((message.title + message.body).encode("utf-8", "replace"))
    return found | {"most": most, "rest": most - text, "share": 100 * most / content.BYTES_MAX}


def typed_message(form: ComposeForm) -> content.Message:
    return content.Message(
        title=str(form.typed("title") or ""),
        body=str(form.typed("body") or ""),
        image=form.picture.name if form.picture else "",
        sound=bool(form.typed("sound")),
        initial_page=form.page.name if form.page else "",
        parameters={
            name.removeprefix("parameter_"): str(form.typed(name) or "")
            for name in form.parameter_names
        },
        data=typed_data(form),
        variants=form.typed_variants(),
    )


def typed_data(form: ComposeForm) -> dict[str, str]:
    try:
        values = extra_data.read(str(form.typed("extra") or ""))
    except ValidationError:
        return {}
    return {str(key): str(value) for key, value in values.items()}


# ---------------------------------------------------------------- two people, one draft


def clash(form: ComposeForm, theirs: Notification) -> Clash:
    ours = form.notification_fields()
    differences = []
    for name, here in ours.items():
        there = getattr(theirs, name)
        if there == here or name in BESIDE:
            continue
        field = form.fields.get(FORM_NAMES.get(name, name))
        label = str(field.label) if field else name.replace("_", " ")
        differences.append((label.capitalize(), short(here), short(there)))
    return Clash(last_editor(theirs), theirs.changed_at, differences)


def last_editor(draft: Notification) -> str:
    """Saves by others than the author are in the audit log; any other save was the author's."""
    entries = AuditEntry.objects.filter(
        object_type="notification", object_id=str(draft.uuid), action="edited"
    )
    last = entries.order_by("-pk").first()
    if last is not None and abs(last.at - draft.changed_at) < SAME_SAVE:
        return last.actor_name
    return draft.author.get_username() if draft.author else "Someone"


def short(value: Any) -> str:
    if isinstance(value, list):
        value = ", ".join(str(one) for one in value)
    if isinstance(value, dict) and "every" in value:
        value = when_words.rule_words(value)
    elif isinstance(value, dict) and value and all("title" in one for one in value.values()):
        value = "; ".join(f"{label(tag)}: {one['title']}" for tag, one in value.items())
    text = "" if value is None else str(value)
    return (text if len(text) <= 80 else f"{text[:79]}…") or "nothing"
