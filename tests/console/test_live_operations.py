"""The pages of what is under way: waves, guards, exact remainders, correct, resend."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from console import watching
from devices import preferences
from notifications.models import Batch, Notification
from notifications.sending import waving
from notifications.states import NotificationStatus as S
from tests.console.composing import typed
from tests.console.reporting import NOW, get, make_sending, put, text_of
from tests.console.staff import client_of, make_member, signed_in
from tests.sending import make_draft, make_phones

pytestmark = pytest.mark.django_db

GUARDED = {"guard": "dead_token", "count": 60, "answered": 500, "limit_percent": 10}


# ---------------------------------------------------------------- waves


def waved(**fields: Any) -> Notification:
    one = put(
        make_draft(waves={"percents": [1, 10], "wait_s": 600}),
        **({"status": S.SENDING, "started_at": NOW, "planned": 5_000} | fields),
    )
    for ordinal, (first, after) in enumerate([(0, 100), (100, 1_000), (1_000, 10_000)], 1):
        Batch.objects.create(
            notification=one, ordinal=ordinal, kind="range", bucket_from=first, bucket_to=after,
            due_at=NOW if ordinal == 1 else waving.HELD_BACK, started_at=NOW if ordinal == 1 else None,
            finished_at=NOW if ordinal == 1 else None,
            counters={"ios": {"targeted": 50, "accepted": 50}} if ordinal == 1 else {},
        )  # fmt: skip
    return one


def test_waves_stand_on_the_page_with_their_state():
    one = waved()
    one.batches.filter(ordinal=2).update(due_at=timezone.now() + timedelta(minutes=10))

    said = text_of(get(one))

    assert "1 % 50 Done" in said
    assert "10 % – Starts" in said
    assert "100 % – Held back until the one before is done" in said
    assert "10 min between" in said


def test_while_everything_is_paused_a_send_says_so_and_foretells_no_end():
    one = waved()
    assert "left, about" in text_of(get(one))

    preferences.put(pause_all_since=NOW.isoformat())

    said = text_of(get(one, "viewer"))
    assert "All sending is paused. Nothing more of this leaves" in said
    assert "left, about" not in said


def test_a_halted_send_says_which_guard_with_numbers_and_who_may_resume():
    one = waved(status=S.PAUSED, paused_reason="guard", paused_facts=GUARDED)

    for_ops = text_of(get(one))
    for_others = text_of(get(one, "viewer"))

    told = "Halted: too many dead tokens. 60 of 500 answers (12 %) say that the app was removed"
    assert told in for_ops
    assert "the limit is 10 %. 4 950 not sent, 50 already out." in for_ops.replace("\u202f", " ")
    assert "Resume anyway" in for_ops
    assert "To resume it takes ops or admin." in for_others
    assert "Resume anyway" not in for_others


def test_compose_takes_waves_as_people_type_them():
    client = client_of("marketer")
    answer = client.post(
        "/notifications/new/",
        typed(in_waves="on", wave_percents="0.5 %, 20", wave_wait="300"),
    )
    draft = Notification.objects.get()
    again = client.get(answer["Location"]).content.decode()

    assert draft.waves == {"percents": [0.5, 20], "wait_s": 300}
    assert 'value="0.5, 20"' in again
    client.post(answer["Location"], typed(version=str(draft.version)))
    draft.refresh_from_db()
    assert draft.waves == {}


@pytest.mark.parametrize("percents", ["", "10, 1", "ten", "100"])
def test_compose_says_what_is_wrong_with_waves(percents):
    answer = client_of("marketer").post(
        "/notifications/new/", typed(in_waves="on", wave_percents=percents, wave_wait="300")
    )

    assert answer.status_code == 422
    assert "id_wave_percents-hint" in answer.content.decode()


@pytest.mark.parametrize(
    ("fields", "unfolded"),
    [
        ({}, False),
        ({"spread_min": "0"}, False),
        ({"spread_min": "15"}, True),
        ({"spread_min": "7"}, True),
        ({"in_waves": "on", "wave_percents": "1"}, True),
        ({"in_waves": "on", "wave_percents": "ten"}, True),
    ],
)
def test_pace_is_folded_away_unless_it_says_something(fields, unfolded):
    answer = client_of("marketer").post("/notifications/new/", typed(**fields), follow=True)

    [pace] = re.findall(r'<details class="more gap pace"( open)?>', answer.content.decode())
    assert bool(pace) is unfolded


# ---------------------------------------------------------------- pause and stop


def test_the_stop_page_counts_what_is_on_the_wire_as_out():
    one = make_sending()
    Batch.objects.filter(notification=one).update(in_doubt=2)
    batch = one.batches.get()
    counters = batch.counters
    counters["ios"]["targeted"] += 2
    Batch.objects.filter(pk=batch.pk).update(counters=counters)

    asked = text_of(client_of("ops").get(f"{one.get_absolute_url()}stop/"))

    assert "0 not sent, 7 already out, 2 of them on the wire." in asked


@pytest.mark.parametrize(("verb", "word"), [("pause", "Paused"), ("stop", "Stopped")])
def test_what_is_left_is_said_after_a_pause_and_a_stop(verb, word):
    one = make_sending()
    client = client_of("ops")

    said = text_of(client.post(f"{one.get_absolute_url()}{verb}/", follow=True))

    assert f"{word}: 2 not sent, 5 already out." in said


# ---------------------------------------------------------------- correct


def test_the_page_to_correct_says_how_many_and_what_it_cannot_do():
    one = make_sending(S.SENT, finished_at=NOW)

    said = text_of(client_of("ops").get(f"{one.get_absolute_url()}correct/"))

    assert "5 phones have the old text, or may have it; 4 accepted it and get the new one." in said
    assert "Who read it has read it." in said
    assert "1 phone is in doubt and left out" in said
    assert "still goes out" not in said


def test_a_correction_is_sent_from_its_page_and_both_lead_to_each_other():
    one = make_sending(S.SENT, finished_at=NOW)
    client = client_of("ops")
    url = f"{one.get_absolute_url()}correct/"

    early = client.post(url, {"title": "New snow", "body": "12 huts.", "phrase": "send"})
    same = client.post(url, {"title": one.title, "body": one.body, "phrase": "Send Notification"})
    sent = client.post(
        url, {"title": "New snow", "body": "12 huts.", "phrase": "Send Notification"}, follow=True
    )

    assert (early.status_code, same.status_code) == (422, 422)
    assert "Type exactly: Send Notification" in text_of(early)
    assert "This is what they have already." in text_of(same)
    new = Notification.objects.exclude(pk=one.pk).get()
    assert (new.title, new.corrects, new.status) == ("New snow", one, S.SCHEDULED)
    assert f'href="{one.get_absolute_url()}"' in sent.content.decode()
    assert "Correction, to those who accepted it" in text_of(sent)
    assert f'href="{new.get_absolute_url()}"' in client.get(one.get_absolute_url()).content.decode()


def test_a_correction_with_a_character_that_no_text_may_have_is_told_so():
    one = make_sending(S.SENT, finished_at=NOW)
    fields = {"title": "New\x00snow", "body": "12 huts.", "phrase": "Send Notification"}

    refused = client_of("ops").post(f"{one.get_absolute_url()}correct/", fields)

    assert refused.status_code == 422
    assert "Null characters are not allowed" in text_of(refused)
    assert not one.corrections.exists()


def test_one_that_still_goes_out_is_stopped_by_its_correction():
    one = make_sending()
    client = client_of("ops")
    url = f"{one.get_absolute_url()}correct/"
    fields = {"title": "New snow", "body": "12 huts.", "phrase": "Send Notification"}

    asked = text_of(client.get(url))
    without = client.post(url, fields)
    client.post(url, fields | {"stop": "1"})

    assert "It still goes out with the old text. 2 not sent, 5 already out." in asked
    assert "Stop it and send the correction" in asked
    assert without.status_code == 409
    one.refresh_from_db()
    assert (one.status, one.corrections.count()) == (S.STOPPED, 1)


def test_support_meets_no_button_to_correct_a_broadcast():
    one = make_sending(S.SENT, finished_at=NOW)

    assert "do-correct" not in get(one, "support").content.decode()
    assert "do-correct" in get(one, "marketer").content.decode()


# ---------------------------------------------------------------- who did not open


def test_a_resend_to_those_who_did_not_open_is_a_draft_to_compose():
    one = make_sending(S.SENT, finished_at=NOW)
    early = get(one).content.decode()
    Notification.objects.filter(pk=one.pk).update(started_at=NOW - timedelta(hours=5))
    client = signed_in(make_member("marketer"))
    late = client.get(one.get_absolute_url()).content.decode()

    answer = client.post(f"{one.get_absolute_url()}resend-unopened/", follow=True)

    assert "Resend to those who did not open" not in early
    assert "Resend to those who did not open" in late
    draft = Notification.objects.exclude(pk=one.pk).get()
    assert (draft.resends, draft.status) == (one, S.DRAFT)
    said = text_of(answer)
    assert "A draft for 4 phones that accepted it and told of no opening." in said
    assert "Phones that another notification reached" in said
    client.post(
        f"/notifications/{draft.uuid}/edit/",
        typed(send_to="reached", title="Still snow", version=str(draft.version)),
    )
    draft.refresh_from_db()
    assert (draft.title, draft.send_to, draft.resends) == ("Still snow", "reached", one)


def test_nobody_makes_a_draft_to_everyone_into_one_for_those_reached():
    answer = client_of("marketer").post("/notifications/new/", typed(send_to="reached"))

    assert answer.status_code == 422
    assert not Notification.objects.exists()


# ---------------------------------------------------------------- watching


def test_many_who_watch_cost_the_database_little(monkeypatch):
    monkeypatch.setattr(watching, "KEPT_S", 60)  # a second is too short for a busy machine
    one = make_sending()
    watcher = signed_in(make_member("viewer"))
    url = f"{one.get_absolute_url()}progress/"
    watcher.get(url)

    with CaptureQueriesContext(connection) as asked:
        for _ in range(10):
            assert watcher.get(url).status_code == 200

    assert len(asked) / 10 <= 5, [query["sql"][:90] for query in asked.captured_queries][:40]


def test_whoever_watches_sees_a_move_at_once():
    one = make_sending()
    ops = client_of("ops")
    url = f"{one.get_absolute_url()}progress/"
    before = text_of(ops.get(url))

    ops.post(f"{one.get_absolute_url()}pause/")
    after = text_of(ops.get(url))

    assert ("Paused by hand" in before, "Paused by hand" in after) == (False, True)


def test_the_limits_of_waves_are_set_on_their_card():
    ops = client_of("ops")
    limits = {
        "guard_dead_token_percent": "5", "guard_rejected_percent": "3",
        "guard_mismatch_percent": "1", "guard_least": "40",
    }  # fmt: skip

    wrong = ops.post("/settings/waves/", limits | {"guard_least": "0"})
    ops.post("/settings/waves/", limits)

    assert wrong.status_code in (200, 422)
    assert "Give a whole number from 1 to 100000." in text_of(wrong)
    assert preferences.read(*limits) == {name: int(value) for name, value in limits.items()}


def test_the_review_says_in_which_waves_it_goes():
    make_phones(2)
    draft = make_draft(waves={"percents": [1, 10], "wait_s": 600})

    said = text_of(client_of("ops").get(f"/notifications/{draft.uuid}/review/"))

    assert "1 %, up to 10 %, then the rest; 10 min between" in said.replace("\u202f", " ")
