"""From a body's names to a notification's fields, and back."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404

from devices.api.problems import Problem
from devices.models import Audience
from notifications import content, images, reports, triggers, waves
from notifications.api.campaigns import scheduling
from notifications.api.images import uploaded
from notifications.models import Notification
from notifications.revision import message_of, page_of
from notifications.sending import waving
from notifications.states import SendTo

SAME = {  # names that both have
    "sound": "sound", "initial_page": "initial_page", "data": "data", "ttl": "ttl_s",
    "target_os": "target_os", "batch": "batch_mode", "quiet_hours": "quiet_hours",
}  # fmt: skip


def fields_of(facts: Mapping[str, Any]) -> dict[str, Any]:
    """As `lifecycle.compose` and `revise` take them: only of what was given."""
    fields = {ours: facts[theirs] for theirs, ours in SAME.items() if theirs in facts}
    if "title" in facts:
        fields["title"] = content.clean_text(facts["title"]).replace("\n", " ")
    if "text" in facts:
        fields["body"] = content.clean_text(facts["text"])
    fields |= picture(facts)
    if "parameters" in facts:
        given = facts["parameters"].items()
        fields["parameters"] = {name: triggers.as_text(value) for name, value in given}
    if "waves" in facts:
        fields["waves"] = waves.check(facts["waves"])
    if "exclude_user_ids" in facts:
        fields["exclude_users"] = list(dict.fromkeys(facts["exclude_user_ids"]))
    if "exclude_audience" in facts:
        fields["exclude_audience"] = _audience(facts["exclude_audience"], "exclude_audience")
    if "schedule" in facts:
        fields |= scheduling.fields_of(facts["schedule"])
    return fields | _whom(facts)


def picture(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The picture's fields: of an address, or of what POST /images kept."""
    if "image_url" in facts and "image_id" in facts:
        told = "Name the picture once: image_url or image_id."
        raise Problem(422, "validation", told, field="image_id")
    if facts.get("image_id"):
        kept = uploaded(facts["image_id"])
        return {"image": kept.name, "image_facts": kept.facts()}
    if "image_url" in facts or "image_id" in facts:
        return {"image": facts.get("image_url", ""), "image_facts": {}}
    return {}


def _whom(facts: Mapping[str, Any]) -> dict[str, Any]:
    named = [name for name in ("user_ids", "user_refs", "audience") if name in facts]
    said = facts.get("send_to")
    if not named and said is None:
        return {}
    implied = {"audience": SendTo.AUDIENCE}.get(named[0], SendTo.USERS) if named else said
    if len(named) > 1 or (said is not None and said != implied):
        told = "Say to whom once: send_to everyone, or user_ids, user_refs or audience."
        raise Problem(422, "recipients_unclear", told, field="send_to")
    if implied == SendTo.EVERYONE:
        return {"send_to": SendTo.EVERYONE, "recipients": [], "audience": None}
    if not named:
        told = "Name them: user_ids or user_refs, or the id of an audience."
        raise Problem(422, "recipients_required", told, field="send_to")
    if implied == SendTo.AUDIENCE:
        audience = _audience(facts["audience"], "audience")
        return {"send_to": SendTo.AUDIENCE, "recipients": [], "audience": audience}
    people = facts.get("user_ids")
    if people is None:
        people = content.parse_references(facts["user_refs"])
    if not people:
        told = "Name at least one person. Nothing here never means everyone."
        raise Problem(422, "recipients_required", told, field=named[0])
    if len(people) > content.RECIPIENTS_MAX:
        told = f"{len(people):,} people; {content.RECIPIENTS_MAX:,} is the most."
        raise Problem(422, "validation", told, field=named[0])
    ids = list(dict.fromkeys(one.removeprefix("users/") for one in people))
    return {"send_to": SendTo.USERS, "recipients": ids, "audience": None}


def _audience(pk: int | None, field: str) -> Audience | None:
    if pk is None:
        return None
    found = Audience.objects.filter(pk=pk, archived_at=None).first()
    if found is None:
        raise Problem(422, "unknown_audience", f"There is no audience {pk}.", field=field)
    return found


def check(fields: Mapping[str, Any], kept: Notification | None = None) -> None:
    """What the message would be with these fields, checked now and not first at the dry run.
    Raises ValidationError by field."""
    names = ("title", "body", "image", "sound", "initial_page", "parameters", "data", "ttl_s")
    trial = Notification(**{name: getattr(kept, name) for name in names} if kept else {})
    for name in names:
        if name in fields:
            setattr(trial, name, fields[name])
    content.check(message_of(trial), page_of(trial))


# ---------------------------------------------------------------- and back


def found(uuid: Any) -> Notification:
    rows = Notification.objects.select_related("audience", "corrects", "resends", "card__card")
    one: Notification = get_object_or_404(rows, uuid=uuid)
    return one


def draft_answer(one: Notification, now: datetime) -> dict[str, Any]:
    return {
        "id": str(one.uuid),
        "status": one.status,
        "version": one.version,
        "title": one.title,
        "text": one.body,
        "image_url": images.url(one.image),
        "sound": one.sound,
        "initial_page": one.initial_page,
        "parameters": one.parameters,
        "data": one.data,
        "ttl": one.ttl_s,
        "send_to": one.send_to,
        "users": len(one.recipients),
        "audience": one.audience_id,
        "target_os": one.target_os,
        "batch": one.batch_mode,
        "quiet_hours": one.quiet_hours,
        "schedule": scheduling.told(one),
        "send_at": one.send_at,
        "corrects": one.corrects and str(one.corrects.uuid),
        "corrected_by": [str(uuid) for uuid in one.corrections.values_list("uuid", flat=True)],
        "wave_wait_s": waves.wait_s(one.waves) if one.waves else None,
        "waves": [
            {name: getattr(wave, name) for name in wave.__slots__}
            for wave in waving.standing(one, now)
        ],
    }  # fmt: skip


def verb_answer(one: Notification) -> dict[str, Any]:
    counts = reports.counts(one)
    left = reports.remainder(one, counts)
    planned = one.planned is not None
    return {
        "id": str(one.uuid),
        "status": one.status,
        "version": one.version,
        "accepted": counts.accepted,
        "remaining": left.not_sent if planned else one.reviewed_phones or 0,
        "out": left.out,
    }


def scheduled_answer(one: Notification, undo: timedelta) -> dict[str, Any]:
    due_at = one.due_at
    assert due_at is not None  # noqa: S101  it was confirmed just now
    return {
        "id": str(one.uuid),
        "status": one.status,
        "due_at": _text(due_at),
        "undo_until": _text(due_at) if undo and one.send_at is None else None,
    }


def _text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def refusal(error: ValidationError) -> Problem:
    """The domain's sentences, on the API's names of the fields."""
    from notifications.api.trigger import refused

    field, told = next(iter(error.message_dict.items()))
    names = {"phrase": ("confirm", "confirm_mismatch"), "waves": ("waves", "waves"),
             "recipients": ("user_ids", "unknown_user"), "audience": ("audience", "audience"),
             "send_to": ("send_to", "no_deliverable_device"), "ticket": ("ticket", "ticket_required"),
             "repeat": ("schedule.repeat", "repeat"),
             }  # fmt: skip
    if field in names:
        theirs, code = names[field]
        return Problem(422, code, told[0], field=theirs)
    if field == "send_at":
        return Problem(422, "send_at_past", told[0], field="schedule.at")
    return refused(error)
