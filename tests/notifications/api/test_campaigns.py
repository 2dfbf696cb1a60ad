"""The console's verbs over the API: drafts, dry runs, the phrase, and what is under way."""

from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone

from devices import keys
from devices.models import Audience
from devices.states import KeyKind
from notifications import occurrences, starting
from notifications.models import AuditEntry, Notification
from notifications.sending import clock
from notifications.states import NotificationStatus as S
from tests.console.staff import client_of
from tests.notifications.api.test_images import picture
from tests.notifications.test_faults import run_plan, send_one_batch
from tests.sending import make_phones, run_all, token_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("sandbox")]
URL = "/api/v1/notifications"
EVERYONE = {"title": "First snow", "text": "12 huts still have beds.", "send_to": "everyone"}
PHRASE = {"confirm": "Send Notification"}


class Caller:
    """A back end with a key."""

    def __init__(self, scopes: list[str]) -> None:
        self.key = keys.make(KeyKind.SERVER, "planner", scopes=scopes).text

    def __call__(self, path: str, body: Any = None, method: str = "post", **headers: str) -> Any:
        asked = getattr(Client(), method)
        sent = {"authorization": f"Bearer {self.key}"} | headers
        return asked(
            f"{URL}{path}", {} if body is None else body, content_type="application/json",
            headers=sent,
        )  # fmt: skip


@pytest.fixture
def api(transactional_db: None) -> Caller:
    return Caller(["campaigns", "read"])


def code_of(answer: Any) -> tuple[int, str]:
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    return answer.status_code, answer.json()["code"]


def drafted(api: Caller, **fields: Any) -> str:
    answer = api("", EVERYONE | fields)
    assert answer.status_code == 201, answer.json()
    return str(answer.json()["id"])


def sent(api: Caller, uuid: str) -> Any:
    token = api(f"/{uuid}/dry-run").json()["review_token"]
    return api(f"/{uuid}/send", PHRASE | {"review_token": token})


def started(api: Caller, **fields: Any) -> Notification:
    """Confirmed, started, planned and one batch out."""
    uuid = drafted(api, **fields)
    assert sent(api, uuid).status_code == 202
    Notification.objects.filter(uuid=uuid).update(due_at=clock.now())
    starting.start_due(clock.now())
    one = Notification.objects.get(uuid=uuid)
    run_plan(one)
    send_one_batch(one)
    return one


# ---------------------------------------------------------------- from draft to sent


def test_a_campaign_goes_from_draft_over_dry_run_and_phrase_to_the_phones(api, sandbox):
    make_phones(6)
    make_phones(2, prefix="out", opted_out=True, deliverable=False)

    uuid = drafted(api)
    run = api(f"/{uuid}/dry-run").json()
    answer = api(f"/{uuid}/send", PHRASE | {"review_token": run["review_token"]})
    Notification.objects.filter(uuid=uuid).update(due_at=clock.now())
    run_all()

    assert (run["targeted"], run["will_send"], run["batches"]) == (8, 6, 1)
    assert run["by_reason"] == {"opted_out": 2}
    assert run["bytes"]["ios"] > 0
    assert (answer.status_code, answer.json()["status"]) == (202, "scheduled")
    assert answer.json()["undo_until"]
    found = api(f"/{uuid}", method="get").json()
    assert (found["status"], found["accepted"], found["title"]) == ("sent", 6, "First snow")
    assert sandbox.stats()["max_per_token"] == 1
    told = AuditEntry.objects.filter(object_id=uuid).order_by("pk")
    assert [(one.actor_name, one.action) for one in told[:2]] == [
        ("planner (server)", "composed"), ("planner (server)", "confirmed"),
    ]  # fmt: skip


def test_a_draft_holds_all_that_compose_offers(api):
    make_phones(2)
    audience = Audience.objects.create(name="iPhones", rules={"version": 1, "all": []})
    at = (timezone.now() + timedelta(days=1)).strftime("%Y-%m-%dT09:00")

    answer = api("", {
        "title": "First snow", "text": "12 huts.", "audience": audience.pk, "target_os": "ios",
        "sound": False, "batch": True, "ttl": 3600, "data": {"a": "b"},
        "waves": {"percents": [1, 10], "wait_s": 60}, "exclude_user_ids": ["phone-1"],
        "schedule": {"at": at, "tz": "Europe/Vienna"}, "quiet_hours": "skip",
    })  # fmt: skip

    assert answer.status_code == 201, answer.json()
    one = Notification.objects.get()
    assert (one.send_to, one.audience, one.target_os) == ("audience", audience, "ios")
    assert (one.sound, one.batch_mode, one.ttl_s, one.data) == (False, True, 3600, {"a": "b"})
    assert one.waves == {"percents": [1, 10], "wait_s": 60}
    assert (one.exclude_users, one.wall, one.timezone) == (["phone-1"], at, "Europe/Vienna")
    assert one.send_at is not None
    assert (one.author, one.author_key.name) == (None, "planner")
    assert one.quiet_hours == answer.json()["quiet_hours"] == "skip"
    assert answer.json()["waves"][0]["percent"] == 1
    assert answer.json()["schedule"] == {
        "at": at, "tz": "Europe/Vienna", "local": False, "if_past": None, "repeat": None,
    }  # fmt: skip


def test_everyone_is_never_meant_by_silence(api):
    nothing = api("", {"title": "a", "text": "b"})
    nobody = api("", {"title": "a", "text": "b", "user_ids": []})
    both = api("", {"title": "a", "text": "b", "user_ids": ["x"], "send_to": "everyone"})

    assert code_of(nothing) == (422, "recipients_required")
    assert code_of(nobody) == (422, "recipients_required")
    assert code_of(both) == (422, "recipients_unclear")
    assert not Notification.objects.exists()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"waves": {"percents": [10, 1]}}, "waves"),
        ({"initial_page": "Nowhere"}, "unknown_page"),
        ({"data": {"from": "x"}}, "reserved_key"),
        ({"schedule": {"at": "2020-01-01T09:00Z"}}, "send_at_past"),
        ({"schedule": {"at": "soon"}}, "validation"),
        ({"schedule": {"at": "9999-12-31T23:59", "tz": "Pacific/Kiritimati"}}, "validation"),
        ({"schedule": {"at": "2099-01-01T09:00", "tz": "Mars/Base"}}, "timezone"),
        ({"surprise": 1}, "unknown_field"),
        ({"image_id": "none-such"}, "unknown_image"),
        ({"image_id": "x", "image_url": "https://example.com/x.png"}, "validation"),
        ({"quiet_hours": "whisper"}, "invalid_choice"),
        ({"exclude_audience": 99}, "unknown_audience"),
    ],
)
def test_what_is_wrong_with_a_draft_is_named(api, fields, code):
    answer = api("", EVERYONE | fields)

    found = answer.json()
    assert answer.status_code == 422, found
    assert code in (found["code"], *(error["code"] for error in found["errors"]))


def test_an_uploaded_picture_goes_with_a_draft(api, sandbox, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    make_phones(1)
    file = SimpleUploadedFile("a.png", picture())
    headers = {"Authorization": f"Bearer {api.key}"}
    kept = Client().post("/api/v1/images", {"file": file}, headers=headers).json()

    uuid = drafted(api, image_id=kept["id"])
    found = api(f"/{uuid}", method="get").json()
    sent(api, uuid)
    Notification.objects.update(due_at=clock.now())
    run_all()

    assert found["image_url"] == kept["url"]
    assert Notification.objects.get().image_facts["width"] == 800
    assert kept["url"] in str(sandbox.messages(token=token_of(0))[0]["message"])
    assert api(f"/{drafted(api)}", method="get").json()["image_url"] == ""


# ---------------------------------------------------------------- what repeats

TZ = {"at": "2027-03-01T09:00", "tz": "Europe/Vienna"}  # a Monday


@pytest.mark.parametrize(
    ("repeat", "rule"),
    [
        ({"every": "day", "count": 3}, {"count": 3}),
        ({"every": "week", "weekdays": ["thu", "mon"]}, {"weekdays": [0, 3]}),
        ({"every": "month", "day": 0, "until": "2027-12-31"}, {"until": "2027-12-31"}),
        ({"every": "cron", "cron": "0 9 * * mon-fri"}, {"cron": "0 9 * * mon-fri"}),
    ],
)
def test_a_draft_repeats_as_compose_would_let_it(api, repeat, rule):
    with time_machine.travel("2027-02-20T12:00Z", tick=False):
        uuid = drafted(api, schedule=TZ | {"repeat": repeat})
        found = api(f"/{uuid}", method="get").json()["schedule"]

    plain = {"weekdays": [], "day": 0, "cron": "", "until": None, "count": None}
    assert Notification.objects.get().repeat == plain | rule | {
        "every": repeat["every"], "zone": TZ["tz"], "start": "2027-03-01", "clock": "09:00",
    }  # fmt: skip
    assert found["at"] == TZ["at"]
    given = {name: sorted(v) if isinstance(v, list) else v for name, v in repeat.items()}
    told = {name: found["repeat"][name] for name in repeat}
    assert {n: sorted(v) if isinstance(v, list) else v for n, v in told.items()} == given


@pytest.mark.parametrize(
    ("repeat", "field"),
    [
        ({"every": "week"}, "schedule.repeat.weekdays"),
        ({"every": "week", "weekdays": []}, "schedule.repeat.weekdays"),
        ({"every": "week", "weekdays": ["monday"]}, "schedule.repeat.weekdays.0"),
        ({"every": "month"}, "schedule.repeat.day"),
        ({"every": "day", "day": 3}, "schedule.repeat.day"),
        ({"every": "cron", "cron": "every day"}, "schedule.repeat.cron"),
        ({"every": "cron", "cron": "*/5 * * * *"}, "schedule.repeat"),
        ({"every": "day", "until": "2027-02-01"}, "schedule.repeat"),
        ({"every": "day", "until": "2027-12-01", "count": 2}, "schedule.repeat.count"),
        ({"every": "day", "count": 0}, "schedule.repeat.count"),
        ({"every": "hour"}, "schedule.repeat.every"),
    ],
)
def test_what_cannot_repeat_is_named(api, repeat, field):
    with time_machine.travel("2027-02-20T12:00Z", tick=False):
        answer = api("", EVERYONE | {"schedule": TZ | {"repeat": repeat}})

    assert answer.status_code == 422, answer.json()
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert not Notification.objects.exists()


def test_what_repeats_has_neither_an_offset_nor_each_persons_clock(api):
    daily = {"repeat": {"every": "day"}}

    offset = api("", EVERYONE | {"schedule": daily | {"at": "2027-03-01T09:00+01:00"}})
    local = api("", EVERYONE | {"schedule": daily | TZ | {"local": True}})

    assert [one["field"] for one in offset.json()["errors"]] == ["schedule.at"]
    assert [one["field"] for one in local.json()["errors"]] == ["schedule.local"]


def test_what_a_key_confirms_repeats_and_every_time_names_the_key(api):
    make_phones(2)
    with time_machine.travel("2027-02-20T12:00Z", tick=False):
        uuid = drafted(api, schedule=TZ | {"repeat": {"every": "day", "count": 2}})
        answer = sent(api, uuid)
    with time_machine.travel("2027-03-01T12:00Z", tick=False):
        occurrences.advance(timezone.now())

    assert (answer.status_code, answer.json()["due_at"]) == (202, "2027-03-01T08:00:00Z")
    rows = Notification.objects.order_by("due_at")
    assert [f"{row.due_at:%d %H:%M}" for row in rows] == ["01 08:00", "02 08:00"]
    assert {row.confirmed_by_key.name for row in rows} == {"planner"}
    assert {row.author_key.name for row in rows} == {"planner"}


def test_a_series_is_ended_by_any_of_its_notifications(api):
    make_phones(2)
    with time_machine.travel("2027-02-20T12:00Z", tick=False):
        uuid = drafted(api, schedule=TZ | {"repeat": {"every": "day"}})
        sent(api, uuid)
    with time_machine.travel("2027-03-01T12:00Z", tick=False):
        starting.start_due(timezone.now())
        answer = api(f"/{uuid}/end-series", **{"idempotency-key": "enough"})
        repeated = api(f"/{uuid}/end-series", **{"idempotency-key": "enough"})
        again = api(f"/{uuid}/end-series")
    with time_machine.travel("2027-03-09T12:00Z", tick=False):
        occurrences.advance(timezone.now())

    assert (answer.status_code, answer.json()["id"]) == (200, uuid)
    assert (repeated.status_code, repeated.content) == (200, answer.content)
    assert code_of(again) == (409, "bad_state")
    rows = Notification.objects.order_by("due_at").values_list("status", flat=True)
    assert list(rows) == [answer.json()["status"], "cancelled"]
    assert AuditEntry.objects.get(action="ended").actor_name == "planner (server)"


def test_what_does_not_repeat_has_no_series_to_end(api):
    answer = api(f"/{drafted(api)}/end-series")

    assert code_of(answer) == (409, "bad_state")
    assert answer.json()["detail"] == "This does not repeat."


def test_a_change_takes_the_repeating_back(api):
    uuid = drafted(api, schedule={"at": "2027-03-01T09:00", "repeat": {"every": "day"}})

    answer = api(f"/{uuid}", {"version": 1, "schedule": None}, "patch")

    assert (answer.status_code, answer.json()["schedule"]) == (200, None)
    assert Notification.objects.get().repeat == {}


# ---------------------------------------------------------------- versions, stale reviews, phrases


def test_a_change_needs_the_version_that_was_read(api):
    uuid = drafted(api)

    first = api(f"/{uuid}", {"title": "Second snow", "version": 1}, "patch")
    late = api(f"/{uuid}", {"title": "Third snow", "version": 1}, "patch")
    without = api(f"/{uuid}", {"title": "Third snow"}, "patch")

    assert (first.status_code, first.json()["version"]) == (200, 2)
    assert (first.json()["title"], first.json()["text"]) == ("Second snow", EVERYONE["text"])
    assert code_of(late) == (409, "version_conflict")
    assert without.status_code == 422
    assert Notification.objects.get().title == "Second snow"


def test_nothing_goes_out_without_phrase_and_token(api):
    make_phones(3)
    uuid = drafted(api)
    token = api(f"/{uuid}/dry-run").json()["review_token"]

    wrong = api(f"/{uuid}/send", {"confirm": "send notification", "review_token": token})
    without = api(f"/{uuid}/send", PHRASE)
    forged = api(f"/{uuid}/send", PHRASE | {"review_token": "abc"})
    others = Caller(["campaigns"])(f"/{uuid}/send", PHRASE | {"review_token": token})
    api(f"/{uuid}", {"title": "Second snow", "version": 1}, "patch")
    stale = api(f"/{uuid}/send", PHRASE | {"review_token": token})

    assert code_of(wrong) == (422, "confirm_mismatch")
    assert without.status_code == 422
    assert code_of(forged) == (409, "review_stale")
    assert code_of(others) == (409, "review_stale")
    assert code_of(stale) == (409, "review_stale")
    assert "edited since the review" in stale.json()["changes"][0]
    assert Notification.objects.get().status == S.DRAFT


def test_a_dry_run_says_whether_one_person_would_get_it(api):
    make_phones(1)
    make_phones(1, prefix="out", opted_out=True, deliverable=False)
    uuid = drafted(api)

    would = api(f"/{uuid}/dry-run", {"user_id": "users/phone-0"}).json()
    not_ = api(f"/{uuid}/dry-run", {"user_id": "out-0"}).json()

    assert (would["would_send"], would["devices"][0]["device_id"]) == (True, "phone-device-0")
    assert (not_["would_send"], not_["reason"]) == (False, "opted_out")
    assert code_of(api(f"/{uuid}/dry-run", {"user_id": "x"})) == (422, "unknown_user")


def test_a_draft_that_nobody_would_get_says_so(api):
    uuid = drafted(api)

    assert code_of(api(f"/{uuid}/dry-run")) == (422, "no_deliverable_device")


# ---------------------------------------------------------------- under way


def test_undo_and_cancel_are_in_time_or_too_late(api, settings):
    settings.BATCH_SIZE = 2
    make_phones(4)
    undone, cancelled = drafted(api), drafted(api)
    sent(api, undone)
    sent(api, cancelled)
    Notification.objects.update(due_at=clock.now() + timedelta(hours=1))  # no race with the clock
    running = started(api, batch=True)

    first = api(f"/{undone}/undo")
    again = api(f"/{undone}/undo")
    gone = api(f"/{cancelled}/cancel")
    late = api(f"/{running.uuid}/undo")

    assert (first.status_code, first.json()["status"]) == (200, "draft")
    assert code_of(again) == (409, "bad_state")
    assert (gone.json()["status"], gone.json()["remaining"]) == ("cancelled", 4)
    assert code_of(late) == (409, "too_late")


def test_pause_resume_and_stop_answer_with_exact_counts(api, settings):
    settings.BATCH_SIZE = 10
    make_phones(30)
    one = started(api, batch=True)

    paused = api(f"/{one.uuid}/pause").json()
    resumed = api(f"/{one.uuid}/resume").json()
    send_one_batch(one)
    stopped = api(f"/{one.uuid}/stop").json()

    assert (paused["status"], paused["accepted"], paused["remaining"]) == ("paused", 10, 20)
    assert resumed["status"] == "sending"
    assert (stopped["status"], stopped["accepted"], stopped["remaining"]) == ("stopped", 20, 10)
    assert code_of(api(f"/{one.uuid}/resume")) == (409, "bad_state")


def test_what_a_guard_paused_a_key_does_not_resume(api, settings):
    settings.BATCH_SIZE = 10
    make_phones(30)
    one = started(api, batch=True)
    Notification.objects.filter(pk=one.pk).update(status="paused", paused_reason="brake")

    assert code_of(api(f"/{one.uuid}/resume")) == (403, "not_allowed")


def test_a_correction_replaces_and_stops_the_old_one_when_asked(api, sandbox, settings):
    settings.BATCH_SIZE = 10
    make_phones(30)
    one = started(api, batch=True)
    new = {"title": "Late snow", **PHRASE}

    live = api(f"/{one.uuid}/correct", new)
    wrong = api(f"/{one.uuid}/correct", new | {"confirm": "yes", "stop": True})
    answer = api(f"/{one.uuid}/correct", new | {"stop": True})
    Notification.objects.filter(corrects=one).update(due_at=clock.now())
    run_all()

    assert code_of(live) == (409, "bad_state")
    assert code_of(wrong) == (422, "confirm_mismatch")
    told = answer.json()
    assert (told["status"], told["accepted"], told["remaining"]) == ("stopped", 10, 20)
    assert told["correction"]["status"] == "scheduled"
    found = api(f"/{told['correction']['id']}", method="get").json()
    assert (found["accepted"], found["corrects"]) == (10, str(one.uuid))
    old = api(f"/{one.uuid}", method="get").json()
    assert old["corrected_by"] == [told["correction"]["id"]]
    tags = [
        one["message"]["android"]["notification"]["tag"] for one in sandbox.messages(token_of(1))
    ]
    assert len(tags) == 2
    assert len(set(tags)) == 1


# ---------------------------------------------------------------- once, and by whom


def test_parallel_calls_with_one_key_are_one_draft_with_one_answer(api):
    start, answers = Barrier(8), []

    def post() -> None:
        start.wait()
        try:
            answers.append(api("", EVERYONE, **{"idempotency-key": "autumn"}))
        finally:
            connection.close()

    threads = [Thread(target=post) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {one.status_code for one in answers} <= {201, 409}
    assert len({one.content for one in answers if one.status_code == 201}) == 1
    assert Notification.objects.count() == 1
    other = api("", EVERYONE | {"title": "x"}, **{"idempotency-key": "autumn"})
    assert code_of(other) == (409, "idempotency_mismatch")


def test_sending_twice_with_one_key_is_sending_once(api):
    make_phones(2)
    uuid = drafted(api)
    body = PHRASE | {"review_token": api(f"/{uuid}/dry-run").json()["review_token"]}

    first = api(f"/{uuid}/send", body, **{"idempotency-key": "go"})
    again = api(f"/{uuid}/send", body, **{"idempotency-key": "go"})
    without = api(f"/{uuid}/send", body)

    assert (first.status_code, again.status_code) == (202, 202)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json() == first.json()
    assert code_of(without) == (409, "bad_state")


def test_other_keys_may_not_and_staff_may_by_their_role(api):
    make_phones(2)
    uuid = drafted(api)
    marketer, support = client_of("marketer"), client_of("support")

    reader = Caller(["read"])
    by_support = support.post(f"{URL}/{uuid}/dry-run", {}, content_type="application/json").json()
    refused = support.post(
        f"{URL}/{uuid}/send", PHRASE | {"review_token": by_support["review_token"]},
        content_type="application/json",
    )  # fmt: skip
    token = marketer.post(f"{URL}/{uuid}/dry-run", {}, content_type="application/json").json()
    by_marketer = marketer.post(
        f"{URL}/{uuid}/send", PHRASE | {"review_token": token["review_token"]},
        content_type="application/json",
    )  # fmt: skip

    assert code_of(reader("", EVERYONE)) == (403, "scope")
    assert code_of(reader(f"/{uuid}/send", PHRASE)) == (403, "scope")
    assert refused.status_code == 403
    assert by_marketer.status_code == 202
    assert Notification.objects.get().confirmed_by.username == "marketer"
