"""Review and confirm: what is said, what is refused, and that one phrase sends one notification."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from devices.audiences import keeping
from devices.models import Device
from notifications import lifecycle
from notifications.models import AuditEntry, Notification
from notifications.states import NotificationStatus as S
from tests.console.composing import value_of, words
from tests.console.staff import client_of, make_member, signed_in
from tests.factories import make_device, make_user
from tests.sending import make_phones

pytestmark = pytest.mark.django_db
PHRASE = "Send Notification"


@pytest.fixture
def mia() -> Any:
    return make_member("marketer", "mia")


@pytest.fixture
def client(mia: Any) -> Client:
    return signed_in(mia)


@pytest.fixture
def draft(mia: Any) -> Notification:
    make_device("ann", platform="ios", device_id="ann-ios", model="iPhone 15")
    make_device("ann", platform="android", device_id="ann-and", model="Pixel 8", system="denied")
    return lifecycle.compose({"title": "First snow", "body": "12 huts"}, by=mia)


def page(one: Notification) -> str:
    return f"/notifications/{one.uuid}/review/"


def confirm(client: Client, one: Notification, phrase: str = PHRASE, **more: Any) -> Any:
    token = more.pop("token", None) or value_of(client.get(page(one)), "token")
    return client.post(page(one), {"phrase": phrase, "token": token, **more})


def now_of(one: Notification) -> Notification:
    one.refresh_from_db()
    return one


# ---------------------------------------------------------------- what it says


def test_the_page_says_how_many_get_it_and_how_many_do_not(
    client: Client, draft: Notification
) -> None:
    text = words(client.get(page(draft)))

    assert "1 phone will get this, held by 1 person . 1 will not , for one reason." in text
    assert "Never asked for permission" in text
    assert "Type “Send Notification” to confirm" in text
    assert "Now, after 3 s to undo" in text
    assert "in 1 batch" in text


def test_the_exact_json_stands_on_the_page(client: Client, draft: Notification) -> None:
    text = words(client.get(page(draft))).replace("&quot;", '"')

    assert '"token": "<token>"'.replace("<", "&lt;").replace(">", "&gt;") in text
    assert '"initialPageName": ""' in text
    assert f'"notificationId": "{draft.uuid}"' in text


def test_sums_of_the_waterfall_add_up(client: Client, mia: Any) -> None:
    make_phones(30)
    make_phones(7, prefix="off", deliverable=False, perm_status="denied", perm_system="denied")
    make_phones(3, prefix="out", opted_out=True)
    one = lifecycle.compose({"title": "T", "body": "B"}, by=mia)

    html = client.get(page(one)).content.decode()

    numbers = re.findall(r'class="n tn[^"]*">([^<]+)<', html)
    people, phones, off, out, sent = (int(re.sub(r"[^\d]", "", number)) for number in numbers)
    assert (people, phones) == (40, 40)
    assert phones - off - out == sent == 30


def test_looking_at_it_changes_nothing(client: Client, draft: Notification) -> None:
    before = Notification.objects.values().get()

    client.get(page(draft))

    assert Notification.objects.values().get() == before


def test_the_wrong_method_and_the_wrong_role_are_refused(
    client: Client, draft: Notification
) -> None:
    assert client.put(page(draft)).status_code == 405
    assert client_of("viewer").get(page(draft)).status_code == 403
    assert Client().get(page(draft)).status_code == 302
    assert (
        client.get("/notifications/00000000-0000-4000-8000-000000000000/review/").status_code == 404
    )


def test_nobody_reachable_is_said_with_the_reasons_and_can_not_be_confirmed(
    client: Client, mia: Any
) -> None:
    make_device("ann", platform="ios", system="denied")
    one = lifecycle.compose({"title": "T", "body": "B"}, by=mia)

    response = client.get(page(one))

    assert "Nobody would get this." in words(response)
    assert "Notifications are off" in words(response)
    assert "Send Notification" not in words(response)
    assert confirm(client, one, token="x").status_code in (200, 302, 409)
    assert now_of(one).status == S.DRAFT


def test_an_unfinished_draft_leads_back_to_its_fields(client: Client, mia: Any) -> None:
    make_device("ann")
    one = lifecycle.compose({"title": "", "body": "B"}, by=mia)

    response = client.get(page(one), follow=True)

    assert response.redirect_chain[0][0] == f"/notifications/{one.uuid}/edit/?check=1"
    assert "Title is empty. Write what people should read." in words(response)
    assert value_of(response, "body") == "B"


def test_a_time_that_passed_meanwhile_leads_back_too(client: Client, mia: Any) -> None:
    make_device("ann")
    one = lifecycle.compose({"title": "T", "body": "B"}, by=mia)
    Notification.objects.update(send_at=timezone.now() - timedelta(minutes=1))

    assert "has passed" in words(client.get(page(one), follow=True))


# ---------------------------------------------------------------- the phrase


@pytest.mark.parametrize(
    "phrase",
    [
        "",
        "send notification",
        "Send  Notification",
        "Send",
        "SEND NOTIFICATION",
        "“Send Notification”",
    ],
)
def test_a_wrong_phrase_is_refused_on_its_field(
    client: Client, draft: Notification, phrase: str
) -> None:
    response = confirm(client, draft, phrase)

    assert response.status_code == 422
    assert "Type exactly: Send Notification" in words(response)
    assert 'aria-invalid="true"' in response.content.decode()
    assert now_of(draft).status == S.DRAFT


@pytest.mark.parametrize("phrase", [PHRASE, f"  {PHRASE}\t"])
def test_the_right_phrase_schedules_it(client: Client, draft: Notification, phrase: str) -> None:
    response = confirm(client, draft, phrase)

    assert response.url == f"/notifications/{draft.uuid}/"
    one = now_of(draft)
    assert (one.status, one.confirmed_by.username) == (S.SCHEDULED, "mia")
    assert one.revision["title"] == "First snow"
    assert AuditEntry.objects.filter(action="confirmed", actor_name="mia").count() == 1


def test_the_fresh_token_of_a_refused_page_is_good(client: Client, draft: Notification) -> None:
    refused = confirm(client, draft, "nope")

    confirm(client, draft, token=value_of(refused, "token"))

    assert now_of(draft).status == S.SCHEDULED


# ---------------------------------------------------------------- what must be ticked


def test_a_warning_must_be_ticked_first(client: Client, mia: Any) -> None:
    make_device("ann")
    one = lifecycle.compose({"title": "T", "body": "<b>Now</b>"}, by=mia)

    refused = confirm(client, one)

    assert refused.status_code == 422
    assert "Tick each warning first." in words(refused)
    assert "There is markup in the text." in words(refused)
    assert now_of(one).status == S.DRAFT

    assert confirm(client, one, ticked=["markup"]).status_code == 302
    assert now_of(one).status == S.SCHEDULED


def test_ticks_survive_a_wrong_phrase(client: Client, mia: Any) -> None:
    make_device("ann")
    one = lifecycle.compose({"title": "T", "body": "<b>Now</b>"}, by=mia)

    response = confirm(client, one, "nope", ticked=["markup"])

    assert re.search(r'value="markup" form="confirm" checked', response.content.decode())
    assert "Select a valid choice" not in words(response)


def test_what_goes_to_one_person_is_reviewed_in_their_words_and_by_name(
    client: Client, mia: Any
) -> None:
    owner = make_user("ann", attributes={"first_name": "Ann", "last_name": "Huber"})
    make_device(owner, platform="ios", model="iPhone 15")
    fields = {"title": "Hello {{ first_name | default: 'you' }}", "body": "Now"}
    one = lifecycle.compose(fields | {"send_to": "users", "recipients": ["ann"]}, by=mia)

    text = words(client.get(page(one)))

    assert "Goes to Ann Huber" in text
    assert "Hello Ann" in text
    assert "Hello you" not in text
    assert "iPhone 15: yes" in text
    assert "1 each" not in text


def test_one_person_who_would_not_get_it_is_named_with_the_next_step(
    client: Client, mia: Any
) -> None:
    make_device("ann", platform="ios", model="iPhone 15", system="denied", perm_denials=1)
    fields = {"title": "T", "body": "B", "send_to": "users", "recipients": ["ann"]}
    one = lifecycle.compose(fields, by=mia)

    text = words(client.get(page(one)))

    assert "ann would not get this. On the iPhone 15: Settings → Notifications" in text


# ---------------------------------------------------------------- one review, one send


def test_a_replayed_confirm_says_who_was_first(client: Client, draft: Notification) -> None:
    token = value_of(client.get(page(draft)), "token")
    confirm(client, draft, token=token)

    again = confirm(client, draft, token=token)

    assert again.url == f"/notifications/{draft.uuid}/"
    followed = client.get(page(draft), follow=True)
    assert "Already confirmed by mia at" in words(followed)
    assert AuditEntry.objects.filter(action="confirmed").count() == 1


def test_a_confirm_after_an_edit_says_what_changed(
    client: Client, draft: Notification, mia: Any
) -> None:
    token = value_of(client.get(page(draft)), "token")
    lifecycle.revise(draft, {"title": "Second snow"}, by=mia, version=draft.version)

    response = confirm(client, draft, token=token)

    text = words(response)
    assert response.status_code == 409
    assert "The message or its audience was edited since the review." in text
    assert "confirm again" in text
    assert "Second snow" in text
    assert now_of(draft).status == S.DRAFT

    confirm(client, draft, token=value_of(response, "token"))

    assert now_of(draft).status == S.SCHEDULED


def test_a_confirm_after_the_audience_moved_shows_both_numbers(
    client: Client, draft: Notification
) -> None:
    token = value_of(client.get(page(draft)), "token")
    make_phones(12)

    text = words(confirm(client, draft, token=token))

    assert "It would reach 13 phones now; the review said 1." in text
    assert now_of(draft).status == S.DRAFT


@pytest.mark.parametrize("token", ["", "forged", "a:b:c"])
def test_a_confirm_without_a_review_is_refused(
    client: Client, draft: Notification, token: str
) -> None:
    response = client.post(page(draft), {"phrase": PHRASE, "token": token})

    assert response.status_code == 409
    assert now_of(draft).status == S.DRAFT


def test_someone_else_s_review_is_no_review(client: Client, draft: Notification) -> None:
    token = value_of(client_of("ops", "noor").get(page(draft)), "token")

    response = confirm(client, draft, token=token)

    assert "Someone else reviewed this." in words(response)
    assert now_of(draft).status == S.DRAFT


def test_a_review_is_good_for_half_an_hour(
    client: Client, draft: Notification, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    token = value_of(client.get(page(draft)), "token")
    later = time.time() + 31 * 60
    monkeypatch.setattr(time, "time", lambda: later)

    response = client.post(page(draft), {"phrase": PHRASE, "token": token})

    assert now_of(draft).status == S.DRAFT
    assert response.status_code in (302, 409)  # stale, or the session ended too


@pytest.mark.django_db(transaction=True)
def test_twenty_confirms_at_once_are_one_send() -> None:
    mia, noor = make_member("marketer", "mia"), make_member("ops", "noor")
    make_device("ann")
    one = lifecycle.compose({"title": "T", "body": "B"}, by=mia)
    asked = [
        (client := signed_in(user), value_of(client.get(page(one)), "token"))
        for user in (mia, noor)
    ]

    def post(number: int) -> Any:
        client, token = asked[number % 2]
        other = Client()
        other.cookies = client.cookies
        try:
            return other.post(page(one), {"phrase": PHRASE, "token": token}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(post, range(20)))

    assert set(answers) <= {302, 409}
    assert AuditEntry.objects.filter(action="confirmed").count() == 1
    assert now_of(one).status == S.SCHEDULED


# ---------------------------------------------------------------- who may confirm


@pytest.mark.parametrize(
    ("role", "send_to", "may"),
    [("marketer", "everyone", True), ("ops", "everyone", True), ("admin", "everyone", True),
     ("support", "everyone", False), ("support", "users", True), ("marketer", "users", True)],
)  # fmt: skip
def test_each_role_confirms_what_it_may(
    draft: Notification, role: str, send_to: str, may: bool
) -> None:
    Notification.objects.update(send_to=send_to, recipients=["ann"] if send_to == "users" else [])
    one, client = now_of(draft), client_of(role, f"one-{role}")

    shown = words(client.get(page(one)))
    token = "x" if not may else None
    response = confirm(client, one, token=token)

    assert ("Someone else has to confirm this." in shown) is not may
    assert response.status_code == (302 if may else 403)
    assert (now_of(one).status == S.SCHEDULED) is may


def test_support_is_told_its_limit(draft: Notification) -> None:
    make_phones(101)
    people = [f"phone-{n}" for n in range(101)]
    Notification.objects.update(send_to="users", recipients=people)

    text = words(client_of("support").get(page(draft)))

    assert "at most 100 people; this has 101" in text


# ---------------------------------------------------------------- one person, a later time


def test_one_person_is_checked_phone_by_phone(client: Client, draft: Notification) -> None:
    whole = client.get(page(draft), {"user_id": "users/ann"})
    part = client.get(f"{page(draft)}person/", {"user_id": "ann"})

    for response in (whole, part):
        assert "will get it on 1 of 2 phones" in words(response)
        assert "iPhone 15: yes" in words(response)
        assert "Pixel 8: no" in words(response)
        assert "has not asked this phone for permission yet. Show a permission prompt" in words(
            response
        )
    assert "<html" not in part.content.decode()


def test_who_is_outside_the_audience_is_told_why_once(client: Client, draft: Notification) -> None:
    vip = {"field": "tag", "op": "is", "value": "vip"}
    audience = keeping.create("Testers", {"version": 1, "all": [vip]})
    Notification.objects.update(send_to="audience", audience=audience)

    text = words(client.get(f"{page(draft)}person/", {"user_id": "ann"}))

    assert "ann will not get it: they are not in the audience “Testers”" in text
    assert "Pixel 8" not in text


def test_a_person_nobody_knows_is_named_with_a_near_one(
    client: Client, draft: Notification
) -> None:
    text = words(client.get(f"{page(draft)}person/", {"user_id": "Ann"}))

    assert "Nobody has the id Ann . Ids are case-sensitive; did you mean ann ?" in text


def test_a_later_time_is_said_in_full(client: Client, draft: Notification) -> None:
    Notification.objects.update(
        send_at=datetime(2027, 10, 31, 0, 30, tzinfo=UTC), timezone="Europe/Vienna"
    )

    text = words(client.get(page(draft)))

    assert "Sun 31 Oct 2027, 02:30 Europe/Vienna (UTC+2) · 00:30 UTC." in text
    assert "comes twice" in text

    confirm(client, draft)

    assert now_of(draft).due_at == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)


def test_many_phones_cost_no_more_queries(
    client: Client, draft: Notification, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    with django_assert_max_num_queries(60) as few:
        client.get(page(draft))
    make_phones(50)
    assert Device.objects.count() == 52

    with django_assert_max_num_queries(len(few)):
        client.get(page(draft))


# ---------------------------------------------------------------- the rows behind the numbers


def test_every_bar_opens_its_phones(client: Client, draft: Notification) -> None:
    html = client.get(page(draft)).content.decode()

    links = re.findall(r'href="(/notifications/[^"]+/review/phones/[^"]*)"', html)
    assert len(links) == 2
    never_asked, sent = (words(client.get(link)) for link in links)
    assert "Never asked for permission 1 phone . The app has not asked" in never_asked
    assert "Pixel 8" in never_asked
    assert "iPhone 15" not in never_asked
    assert "Will be sent" in sent
    assert "iPhone 15" in sent


def test_phones_behind_a_bar_come_page_by_page_each_once(client: Client, mia: Any) -> None:
    make_phones(120)
    one = lifecycle.compose(
        {"title": "T", "body": "B", "send_to": "users",
         "recipients": [f"phone-{n}" for n in range(120)]}, by=mia
    )  # fmt: skip
    url, seen = f"{page(one)}phones/?why=", []

    while url:
        html = client.get(url).content.decode()
        seen += re.findall(r'href="/devices/(phone-device-\d+)/"', html)
        onwards = re.search(r'href="(\?[^"]+)" rel="next"', html)
        url = f"{page(one)}phones/{onwards[1].replace('&amp;', '&')}" if onwards else ""

    assert len(seen) == len(set(seen)) == 120


@pytest.mark.parametrize("query", ["why=zz", "why=&after=x", "after=99999999999999999999-1", ""])
def test_nonsense_about_a_bar_breaks_nothing(
    client: Client, draft: Notification, query: str
) -> None:
    assert client.get(f"{page(draft)}phones/?{query}").status_code == 200


def test_only_the_chosen_system_is_shown(client: Client, draft: Notification) -> None:
    Notification.objects.update(target_os="ios")

    text = words(client.get(page(draft)))

    assert "On an iPhone lock screen" in text
    assert "On Android" not in text
    assert "Other system" in text
