"""Leave out, on Compose and at Review: who does not get it, and who has had enough."""

import re

import pytest
from django.test import Client
from django.utils import timezone

from devices import preferences
from devices.audiences import keeping
from devices.models import Audience, Device
from notifications import reach
from notifications.models import Batch, Delivery, Notification
from tests.console.composing import words
from tests.console.staff import client_of
from tests.sending import make_draft, make_phones

pytestmark = pytest.mark.django_db
FORM = {
    "title": "First snow", "body": "12 huts still have beds.", "send_to": "everyone",
    "target_os": "all", "sound": "on", "ttl_s": "259200", "when": "now", "timezone": "UTC",
    "image_kept": "", "action": "save",
}  # fmt: skip


@pytest.fixture
def marketer() -> Client:
    return client_of("marketer", "max")


def vips(*people: int) -> Audience:
    audience = keeping.create("VIPs", {"version": 1, "list": True})
    keeping.add(audience, people)
    return audience


def test_an_audience_and_people_to_leave_out_are_kept_and_counted(marketer: Client) -> None:
    phones = make_phones(4)
    audience = vips(phones[0].owner_id)
    fields = {"exclude_audience": audience.pk, "exclude_people": "users/phone-1, phone-2"}

    counted = marketer.post("/notifications/reach/", FORM | fields)
    marketer.post("/notifications/new/", FORM | fields)

    assert "Reaches 1 phone of 1 person" in words(counted)
    assert "Left out by you" in words(counted)
    draft = Notification.objects.get()
    assert draft.exclude_audience == audience
    assert draft.exclude_users == ["phone-1", "phone-2"]
    page = marketer.get(f"/notifications/{draft.uuid}/edit/").content.decode()
    assert re.search(r"<textarea[^>]*exclude_people[^>]*>\s*phone-1\nphone-2</textarea>", page)
    assert f'<option value="{audience.pk}" selected>' in page


def test_unknown_people_to_leave_out_are_named_before_review(marketer: Client) -> None:
    make_phones(1)

    answer = marketer.post(
        "/notifications/new/", FORM | {"exclude_people": "Phone-0", "action": "review"}
    )

    assert answer.status_code == 422
    assert "We don’t know users/Phone-0." in words(answer)


def test_compose_offers_quiet_hours_only_where_there_are_any(marketer: Client) -> None:
    without = marketer.get("/notifications/new/").content.decode()
    preferences.put(quiet_on=True)
    page = marketer.get("/notifications/new/").content.decode()
    marketer.post("/notifications/new/", FORM | {"quiet_hours": "skip"})

    assert 'name="quiet_hours"' not in without
    assert 'name="quiet_hours"' in page
    assert "22:00 to 08:00" in page
    assert Notification.objects.get().quiet_hours == "skip"


# ---------------------------------------------------------------- at Review


def got(person: int | None, *notifications: Notification, device: int = 0) -> None:
    for one in notifications:
        Delivery.objects.create(
            notification=one, device_id=device or person, user_id=person, batch=Batch(pk=1), platform="ios",
            outcome="accepted", started_at=timezone.now(), at=timezone.now(),
        )  # fmt: skip


def past(number: int) -> Notification:
    now = timezone.now()
    return Notification.objects.create(
        title=f"past {number}", status="sent", revision={}, due_at=now, started_at=now,
        finished_at=now,
    )  # fmt: skip


def test_who_got_much_today_is_left_out_with_one_click_and_back_with_another(
    marketer: Client,
) -> None:
    phones = make_phones(3)
    got(phones[0].owner_id, past(1), past(2))
    got(phones[1].owner_id, past(3))
    draft = make_draft()
    page = f"/notifications/{draft.uuid}/review/"

    told = words(marketer.get(page + "often/"))
    marketer.post(page + "often/", {"spare": "on"})
    review = words(marketer.get(page))
    spared = words(marketer.get(page + "?often=now"))
    marketer.post(page + "often/", {"spare": "off"})

    assert "1 of these people got 2 or more in the last 24 h. Leave them out" in told
    assert "2 phones will get this" in review
    assert "Over the frequency limit" in review
    assert "1 person who got 2 or more in the last 24 h is left out. Send to them too" in spared
    draft.refresh_from_db()
    assert draft.spare_after is None


def test_a_role_that_must_say_why_is_asked_at_review_and_refused_without() -> None:
    make_phones(1)
    preferences.put(ticket_roles=["support"])
    sam = client_of("support", "sam")
    draft = make_draft(send_to="users", recipients=["phone-0"])
    page = f"/notifications/{draft.uuid}/review/"
    shown = sam.get(page)
    token = re.search(r'name="token" value="([^"]+)"', shown.content.decode())
    assert token
    typed = {"phrase": "Send Notification", "token": token[1]}

    without = sam.post(page, typed)
    sent = sam.post(page, typed | {"ticket": "HELP-4711"})

    assert "Reason or ticket" in words(shown)
    assert without.status_code == 422
    assert "Say why, or give the ticket’s number." in words(without)
    assert sent.status_code == 302
    assert "HELP-4711" in words(sam.get(f"/notifications/{draft.uuid}/"))
    draft.refresh_from_db()
    Notification.objects.filter(pk=draft.pk).update(status="sent", started_at=timezone.now())
    got(Device.objects.get().owner_id, draft, device=Device.objects.get().pk)
    assert "HELP-4711" in words(sam.get("/people/phone-0/"))


def test_more_people_than_a_role_may_send_to_is_said_on_the_page(marketer: Client) -> None:
    make_phones(3)
    preferences.put(marketer_limit=2)
    draft = make_draft()

    page = words(marketer.get(f"/notifications/{draft.uuid}/review/"))

    assert "Your role can send to at most 2 people; this has 3. Ask ops." in page


def test_the_bar_of_those_left_out_lists_them(marketer: Client) -> None:
    make_phones(3)
    draft = make_draft(exclude_users=["phone-1"])
    falls = reach.waterfall(draft, timezone.now())

    listed = words(marketer.get(f"/notifications/{draft.uuid}/review/phones/?why=excluded"))

    assert [(step.reason, step.count) for step in falls.steps] == [("excluded", 1)]
    assert "phone-1" in listed
    assert "phone-2" not in listed


# ---------------------------------------------------------------- where counting takes long


def test_with_many_phones_review_and_compose_answer_before_they_count(
    marketer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_phones(3)
    monkeypatch.setattr("console.numbers.FEW_PHONES", 2)
    draft = make_draft()
    page = f"/notifications/{draft.uuid}/review/"

    at_once = marketer.get(page)
    counted = marketer.get(page + "?count=now")
    compose = marketer.get(f"/notifications/{draft.uuid}/edit/").content.decode()
    asked = marketer.post("/notifications/reach/", FORM)

    assert 'http-equiv="refresh" content="0; url=?count=now"' in at_once.content.decode()
    assert "3 phones" not in words(at_once)
    assert "3 phones will get this" in words(counted)
    assert "Counting…" in compose
    assert 'hx-trigger="reach, load"' in compose
    assert "Reaches 3 phones" in words(asked)


def test_people_named_one_by_one_are_counted_at_once_however_many_phones_there_are(
    marketer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_phones(3)
    monkeypatch.setattr("console.numbers.FEW_PHONES", 2)
    draft = make_draft(send_to="users", recipients=["phone-0"])

    page = words(marketer.get(f"/notifications/{draft.uuid}/review/"))

    assert "1 phone will get this" in page


def test_an_audience_names_what_leaves_its_people_out(marketer: Client) -> None:
    phones = make_phones(1)
    audience = vips(phones[0].owner_id)
    make_draft(title="Not for them", exclude_audience=audience)

    page = words(marketer.get(f"/audiences/{audience.pk}/"))

    assert "Not for them Draft leaves its people out" in page
