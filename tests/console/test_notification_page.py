"""One notification's page: every state, every number, for whoever looks."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from notifications.models import Batch, Delivery, Notification
from notifications.states import NotificationStatus as S
from tests.console.reporting import NOW, get, make_sending, put, terms_of, text_of
from tests.console.staff import client_of
from tests.sending import make_draft, make_phones

pytestmark = pytest.mark.django_db
TERMS = [
    "Planned", "Targeted", "Waiting", "Accepted", "Rejected", "Dead token", "Skipped", "Expired",
    "Stopped", "Unknown", "Received", "Opened",
]  # fmt: skip


# ---------------------------------------------------------------- what it shows


def test_a_draft_shows_its_preview_and_the_way_on():
    one = make_draft(title="First snow", body="12 huts still have beds.")

    answer = get(one)

    assert answer.status_code == 200
    said = text_of(answer)
    assert "Draft" in said
    assert "Continue editing" in said
    assert "On an iPhone lock screen: title “First snow”" in said
    assert "hx-get" not in answer.content.decode()  # nothing changes by itself


def test_the_numbers_stand_under_their_exact_terms_and_add_up():
    one = make_sending()

    found = terms_of(get(one))

    assert list(found) == TERMS
    numbers = {term: int(count) for term, count in found.items()}
    assert numbers["Planned"] == 10
    assert numbers["Targeted"] == 8
    final = ["Accepted", "Rejected", "Dead token", "Skipped", "Expired", "Stopped", "Unknown"]
    assert numbers["Targeted"] == numbers["Waiting"] + sum(numbers[term] for term in final)
    assert (numbers["Received"], numbers["Opened"]) == (2, 1)


def test_every_count_leads_to_its_rows():
    one = make_sending()
    client = client_of("viewer")
    html = client.get(one.get_absolute_url()).content.decode()
    links = set(re.findall(r'href="([^"]*tab=recipients[^"]*)"', html))

    counted = {link: client.get(link.replace("&amp;", "&")) for link in links}

    assert any("outcome=skipped&amp;reason=opted_out" in link for link in links)
    assert any("platform=ios" in link for link in links)
    assert all(answer.status_code == 200 for answer in counted.values())
    for link, answer in counted.items():
        if "outcome=unknown" in link and "reason=timeout" in link:
            assert len(answer.context["rows"]) == 1


def test_while_it_goes_the_page_asks_again_and_afterwards_it_stops():
    one = make_sending()
    client = client_of("viewer")
    part = client.get(f"{one.get_absolute_url()}progress/").content.decode()
    assert "every 2s" in part
    assert "<html" not in part
    assert "80 %" in part

    Notification.objects.filter(pk=one.pk).update(status=S.SENT, finished_at=NOW)
    part = client.get(f"{one.get_absolute_url()}progress/").content.decode()

    assert "hx-trigger" not in part
    assert "Sent. 4 phones accepted it." in part


def test_a_paused_one_says_why_and_what_to_do_and_is_asked_less_often():
    one = make_sending(
        S.PAUSED, paused_reason="iam", paused_facts={"detail": "PERMISSION_DENIED: no role"}
    )

    answer = get(one)

    said = text_of(answer)
    assert "Google refuses the service account" in said
    assert "roles/firebasecloudmessaging.admin" in said
    assert "PERMISSION_DENIED: no role" in said
    assert "every 15s" in answer.content.decode()


def test_a_held_one_shows_both_numbers():
    one = put(
        make_draft(), S.HELD, paused_reason="drift", paused_facts={"reviewed": 3, "present": 500}
    )

    said = text_of(get(one))

    assert "3 phones at the review, 500 now." in said
    assert "Send now" in said


def test_the_undo_window_says_how_long_and_how_many():
    one = put(make_draft(), S.SCHEDULED, reviewed_phones=46_022)
    Notification.objects.filter(pk=one.pk).update(due_at=timezone.now() + timedelta(seconds=80))

    answer = get(one)

    said = text_of(answer)
    assert re.search(r"Starts in (7\d|80) seconds", said)
    assert "46 022 phones are next" in said
    assert "Wait 30 s more" in said
    assert "every 2s" in answer.content.decode()


def test_a_scheduled_one_names_its_time_in_its_own_zone():
    due = timezone.now() + timedelta(days=3)
    one = put(make_draft(), S.SCHEDULED, send_at=due, timezone="Europe/Vienna")
    Notification.objects.filter(pk=one.pk).update(due_at=due)

    said = text_of(get(one))

    assert "Europe/Vienna" in said
    assert "Starts in" not in said
    assert "Edit" in said


def test_a_stopped_one_says_both_numbers():
    one = make_sending(S.STOPPED, finished_at=NOW)

    assert "Stopped: 2 not sent, 4 accepted." in text_of(get(one))


def test_reasons_stand_with_their_sentence_and_next_step():
    said = text_of(get(make_sending()))

    assert "They opted out in the app, and Beckon respects it." in said
    assert "The app was removed from this phone, and no more is sent to it." in said
    assert "Only they can switch them back on, in Settings." in said


def test_the_payload_is_the_exact_message():
    one = put(make_draft(title="Grüezi", initial_page=""), S.SENT, started_at=NOW, finished_at=NOW)

    answer = get(one, query="?tab=payload")

    said = answer.content.decode()
    assert "&quot;title&quot;: &quot;Grüezi&quot;" in said
    assert "initialPageName" in said
    assert str(one.uuid) in said
    assert "&lt;token&gt;" in said


def test_the_timeline_names_who_did_what():
    one = make_draft()

    assert "mia composed" in text_of(get(one, query="?tab=timeline"))


def test_a_title_is_never_markup():
    one = make_draft(title="<script>alert(1)</script>")

    assert b"<script>alert" not in get(one).content


# ---------------------------------------------------------------- recipients


def test_recipients_can_be_filtered_and_searched():
    one = make_sending()
    client = client_of("viewer")

    def rows(query: str) -> list[Any]:
        return client.get(f"{one.get_absolute_url()}?tab=recipients&{query}").context["rows"]

    assert len(rows("")) == 8
    assert len(rows("outcome=accepted")) == 4
    assert len(rows("outcome=skipped&reason=opted_out")) == 1
    assert len(rows("platform=ios")) == 4
    assert [row.user_id for row in rows("user=phone-3")] == ["phone-3"]
    assert rows("user=PHONE-3") == []
    assert len(rows("outcome=nonsense&cursor=x&platform=fax")) == 8


def test_recipients_go_on_by_key():
    one = make_sending()
    batch = one.batches.get()
    Delivery.objects.bulk_create(
        Delivery(
            notification=one, device=phone, user=phone.owner, batch=batch, outcome="accepted",
            platform=phone.platform, started_at=NOW, at=NOW,
        )
        for phone in make_phones(100, prefix="more")
    )  # fmt: skip
    client, url, seen = client_of("viewer"), f"{one.get_absolute_url()}?tab=recipients", []
    while url:
        context = client.get(url).context
        seen += [row.delivery.device_id for row in context["rows"]]
        url = context["next_url"]

    assert len(seen) == len(set(seen)) == 108


def test_recipients_cost_the_same_however_many(django_assert_max_num_queries):
    one = make_sending()
    client = client_of("viewer")
    client.get(one.get_absolute_url())

    with django_assert_max_num_queries(16):
        client.get(f"{one.get_absolute_url()}?tab=recipients")
    with django_assert_max_num_queries(18):
        client.get(one.get_absolute_url())


def test_more_opened_than_accepted_is_no_percentage():
    one = put(make_draft(), S.SENT, started_at=NOW, finished_at=NOW, planned=40, people=40)
    numbers = {"targeted": 40, "accepted": 30, "unknown": 10, "reasons": {"unknown:timeout": 10}}
    Batch.objects.create(
        notification=one, kind="range", ordinal=1, due_at=NOW, counters={"ios": numbers},
        opened_ios=35,
    )  # fmt: skip

    said = text_of(get(one))

    assert "more than accepted: some in doubt have it after all" in said
    assert "35 opened, some of them in doubt until then" in said
    assert "117" not in said


def test_what_went_to_one_person_names_them_and_says_what_became_of_it():
    phone = make_phones(1)[0]
    to_one = {"send_to": "users", "recipients": [phone.owner.user_id]}
    one = put(make_draft(**to_one), S.SENT, started_at=NOW, finished_at=NOW, planned=1, people=1)
    batch = Batch.objects.create(notification=one, kind="list", ordinal=1, due_at=NOW)
    Delivery.objects.create(
        notification=one, device=phone, user=phone.owner, batch=batch, platform=phone.platform,
        outcome="accepted", started_at=NOW, at=NOW,
    )  # fmt: skip

    answer = get(one)

    assert f'href="/people/{phone.owner.user_id}/"' in answer.content.decode()
    said = text_of(answer)
    assert f"To {phone.owner.user_id}" in said
    assert f"Accepted for {phone.owner.user_id}’s" in said
    assert "Copy for the ticket" in said


def live_of(client: Client, one: Notification) -> dict[str, str]:
    """How often the page asks again, and what is left to undo."""
    page = client.get(one.get_absolute_url()).content.decode()
    return dict(re.findall(r'(hx-trigger|data-left)="([^,"]+)', page))


def test_whoever_sends_to_one_person_sees_the_result_as_soon_as_it_is_there():
    phone = make_phones(1)[0]
    to_one = {"send_to": "users", "recipients": [phone.owner.user_id]}
    one = put(make_draft(**to_one), S.SCHEDULED, reviewed_phones=1)
    now, minute, client = timezone.now(), timedelta(minutes=1), client_of("support", "sam")

    def live(**fields: Any) -> dict[str, str]:
        Notification.objects.filter(pk=one.pk).update(**fields)
        return live_of(client, one)

    waiting = live(due_at=now + timedelta(seconds=30))
    assert waiting["hx-trigger"] == "every 1s"
    assert 0 < int(waiting["data-left"]) <= 30_000
    assert live(due_at=now)["hx-trigger"] == "every 0.5s"
    assert live(status=S.SENDING, started_at=timezone.now())["hx-trigger"] == "every 0.5s"
    assert live(started_at=now - minute)["hx-trigger"] == "every 1s"
    assert live(status=S.SENT, finished_at=timezone.now())["hx-trigger"] == "every 5s"
    assert "hx-trigger" not in live(finished_at=now - 3 * minute)
