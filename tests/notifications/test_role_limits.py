"""How many people a role may send to, and when it must say why."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from devices import preferences
from notifications import access, correcting, lifecycle
from notifications.models import AuditEntry, Batch, Delivery, Notification
from notifications.states import NotificationStatus as S
from notifications.states import Outcome
from tests.sending import confirmed, make_draft, make_phones, make_staff

pytestmark = pytest.mark.django_db


def confirm(draft: Notification, role: str, **more: str) -> Notification:
    by, now = make_staff(f"one of {role}", role), timezone.now()
    found = lifecycle.review(draft, by=by, now=now)
    return lifecycle.confirm(
        draft, by=by, phrase="Send Notification", token=found.token, now=now, **more
    )


def test_a_role_may_send_to_as_many_people_as_its_limit_says():
    make_phones(3)
    preferences.put(marketer_limit=2)
    two = make_draft(send_to="users", recipients=["phone-0", "phone-1"])

    assert confirm(two, "marketer").status == S.SCHEDULED
    everyone = make_draft()
    with pytest.raises(access.OverLimit, match="at most 2 people; this has 3"):
        confirm(everyone, "marketer")
    everyone.refresh_from_db()
    assert everyone.status == S.DRAFT
    assert confirm(everyone, "admin").status == S.SCHEDULED


def test_the_limit_of_people_named_is_told_before_anything_is_counted():
    make_phones(2)
    preferences.put(support_limit=1)
    draft = make_draft(send_to="users", recipients=["phone-0", "phone-1"])
    sam = make_staff("sam", "support")

    told = access.refusal(sam, "confirm", draft)

    assert told == "Your role can send to at most one person; this has 2. Ask ops."
    with pytest.raises(access.OverLimit):
        access.check(sam, "confirm", draft)


def test_a_role_that_must_say_why_cannot_confirm_without_it():
    make_phones(1)
    preferences.put(ticket_roles=["support"])
    draft = make_draft(send_to="users", recipients=["phone-0"])

    with pytest.raises(ValidationError) as refused:
        confirm(draft, "support")
    sent = confirm(draft, "support", ticket="  HELP-\n4711 ")

    assert refused.value.message_dict == {"ticket": ["Say why, or give the ticket’s number."]}
    assert sent.ticket == "HELP- 4711"
    assert AuditEntry.objects.get(action="confirmed").facts["ticket"] == "HELP- 4711"


def out(people: int) -> Notification:
    """To everyone, accepted by a phone of each."""
    phones, now = make_phones(people), timezone.now()
    sent = confirmed()
    Notification.objects.filter(pk=sent.pk).update(status=S.SENT, started_at=now, finished_at=now)
    batch = Batch.objects.create(notification=sent, ordinal=1, kind="list", due_at=now)
    Delivery.objects.bulk_create(
        Delivery(
            notification=sent, batch=batch, device=phone, user=phone.owner,
            platform=phone.platform, outcome=Outcome.ACCEPTED, started_at=now, at=now,
        )
        for phone in phones
    )  # fmt: skip
    sent.refresh_from_db()
    return sent


def correct(notification: Notification, role: str, **more: str) -> Notification:
    return correcting.correct(
        notification, {"title": "New snow"}, by=make_staff(f"one of {role}", role),
        phrase="Send Notification", now=timezone.now(), **more,
    )  # fmt: skip


def test_a_correction_reaches_no_more_people_than_the_role_may_send_to():
    three = out(3)
    preferences.put(marketer_limit=2)

    with pytest.raises(access.OverLimit, match="at most 2 people; this has 3"):
        correct(three, "marketer")
    assert not three.corrections.exists()
    preferences.put(marketer_limit=3)
    assert correct(three, "marketer").status == S.SCHEDULED


def test_a_role_that_must_say_why_says_it_of_a_correction_too():
    one = out(1)
    preferences.put(ticket_roles=["marketer"])

    with pytest.raises(ValidationError) as refused:
        correct(one, "marketer")
    new = correct(one, "marketer", ticket="HELP-4711")

    assert refused.value.message_dict == {"ticket": ["Say why, or give the ticket’s number."]}
    assert new.ticket == "HELP-4711"
    facts = AuditEntry.objects.filter(action="confirmed").latest("pk").facts
    assert facts["ticket"] == "HELP-4711"
