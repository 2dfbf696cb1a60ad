"""People: finding one, seeing what reaches her, acting for her."""

import html
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from devices import preferences, registry
from devices.models import AppUser, Device
from devices.states import Actor, DeviceState
from notifications.models import AuditEntry, Delivery, Notification
from tests.console.staff import client_of
from tests.factories import make_device, make_user

pytestmark = pytest.mark.django_db


def found(query: str) -> list[str]:
    asked = {"q": query, "list": ""}
    rows = client_of("viewer", f"v{query[:20]}").get("/people/", asked).context["rows"]
    return [row.person.user_id for row in rows]


@pytest.fixture
def hanna() -> AppUser:
    return make_user(
        "hanna.k",
        attributes={"name": "Hanna Krüger", "city": "Graz", "huts": 42, "vip": True},
        aliases=["hanna@example.org"],
    )


@pytest.mark.parametrize(
    "query",
    [
        "hanna.k",
        "han",
        "users/hanna.k",
        "hanna@example.org",
        "city=Graz",
        "huts=42",
        "vip=true",
        "name=Hanna Krüger",
        "Hanna Krüger",
    ],
)
def test_a_person_is_found_by_id_its_beginning_alias_name_or_attribute(hanna, query):
    make_user("someone-else", attributes={"city": "Linz", "name": "Graz-Fan"})

    assert found(query) == ["hanna.k"]


@pytest.mark.parametrize(
    "query",
    [
        "HANNA.K",
        "anna",
        "city=Linz",
        "gone",
        "a\0b",
        '" || true',
        "%",
        "_____",
        "$.*",
        "=",
        "city=",
    ],
)
def test_what_does_not_match_finds_nobody_and_says_what_to_try(hanna, query):
    page = client_of("viewer").get("/people/", {"q": query})

    assert page.status_code == 200
    assert page.context["rows"] == []
    assert "Ids are case-sensitive" in page.content.decode()


@pytest.mark.parametrize("query", ["Mia", "Moser", "Mia Moser"])
def test_a_person_whose_name_comes_in_parts_is_found_by_each_and_by_both(query):
    make_user("mia-m", attributes={"first_name": "Mia", "last_name": "Moser"})
    make_user("mio-m", attributes={"first_name": "Mio", "last_name": "Mose"})

    assert found(query) == ["mia-m"]


def test_an_id_whose_capitals_are_off_is_offered(hanna):
    page = client_of("viewer").get("/people/", {"q": "Hanna.K"}).content.decode()

    assert 'Did you mean <a class="mono" href="/people/hanna.k/">hanna.k</a>?' in page


def test_the_exact_id_comes_first():
    for user_id in ("ann-b", "ann", "ann-a"):
        make_user(user_id)

    assert found("ann") == ["ann", "ann-a", "ann-b"]


@pytest.mark.parametrize("query", ["ann/b", " ann/b ", "users/ann/b"])
def test_whose_id_is_typed_exactly_her_page_opens(query):
    make_user("ann/b")
    make_user("bob", aliases=["ann/c"])

    answer = client_of("viewer").get("/people/", {"q": query})

    assert (answer.status_code, answer["Location"]) == (302, "/people/ann/b/")


@pytest.mark.parametrize("query", ["an", "ANN", "ann@example.org", "city=Graz", "ann-"])
def test_anything_less_than_an_id_is_a_list(query):
    make_user("ann", aliases=["ann@example.org"], attributes={"city": "Graz"})
    make_user("ann-a")

    assert client_of("viewer").get("/people/", {"q": query}).status_code == 200


def test_whom_else_an_exact_id_finds_is_one_step_away():
    for user_id in ("ann", "ann-a"):
        make_user(user_id)
    client = client_of("viewer")

    page = client.get("/people/", {"q": "ann"}, follow=True).content.decode()
    [(way,)] = [re.findall(r'href="([^"]+)">All that match', page)]
    listed = client.get(html.unescape(way)).context["rows"]

    assert [row.person.user_id for row in listed] == ["ann", "ann-a"]
    assert "All that match" not in client.get("/people/ann/").content.decode()


def test_the_list_pages_backwards_without_counting():
    for number in range(30):
        make_user(f"user{number:02}")
    client = client_of("viewer")

    first = client.get("/people/")
    second = client.get(f"/people/{first.context['next_url']}")

    ids = [row.person.user_id for page in (first, second) for row in page.context["rows"]]
    assert ids == [f"user{number:02}" for number in reversed(range(30))]
    assert second.context["next_url"] == ""


def test_a_longer_list_asks_no_more_queries():
    client = client_of("viewer")

    def queries(people: int) -> int:
        for _ in range(people):
            make_device()
        with CaptureQueriesContext(connection) as captured:
            client.get("/people/")
        return len(captured)

    queries(1)  # the first page of a process warms what is kept for a while
    assert queries(2) == queries(20)


def test_a_person_shows_her_phones_and_their_permission_in_words(hanna):
    make_device(hanna, model="Pixel 8", system="not_determined")
    make_device(hanna, model="iPhone 15", platform="ios", system="authorized")
    make_device(hanna, model="iPhone SE", platform="ios", state="invalid")

    page = client_of("viewer").get("/people/hanna.k/").content.decode()

    assert "Hanna Krüger" in page
    assert "Reachable on 1 of 2 phones" in page
    assert "Not asked yet; two asks left." in page
    assert "Shows banners with sound." in page
    assert "App removed" in page


def test_nobody_of_that_id_is_a_404():
    assert client_of("viewer").get("/people/nobody/").status_code == 404


def test_an_id_with_odd_characters_has_a_page_too():
    make_user("a b/ü?#%")
    client = client_of("viewer")

    listed = client.get("/people/").content.decode()

    assert client.get("/people/a%20b/%C3%BC%3F%23%25/").status_code == 200
    assert "a%20b/%C3%BC%3F%23%25" in listed


def deliver(notification: Notification, device: Device, outcome: str, **fields) -> Delivery:
    now = timezone.now()
    batch = notification.batches.create(kind="list", due_at=now)
    return Delivery.objects.create(
        notification=notification, device=device, user=device.owner, batch=batch,
        platform=device.platform, outcome=outcome, started_at=now, at=now, **fields,
    )  # fmt: skip


def test_what_she_was_sent_shows_the_best_outcome_and_every_phone(hanna):
    phone = make_device(hanna, model="iPhone 15", platform="ios")
    tablet = make_device(hanna, model="Pixel 8")
    snow = Notification.objects.create(title="First snow")
    deliver(snow, phone, "accepted", opened_at=timezone.now())
    deliver(snow, tablet, "skipped", reason="opted_out")
    missed = Notification.objects.create(title="Bus is late")
    deliver(missed, tablet, "expired", reason="ttl")
    client = client_of("viewer")

    page = client.get("/people/hanna.k/")
    only_missed = client.get("/people/hanna.k/?missed")

    assert [(str(line.notification), line.outcome) for line in page.context["lines"]] == [
        ("Bus is late", "expired"),
        ("First snow", "opened"),
    ]
    assert "opted out in the app" in page.content.decode()
    assert [str(line.notification) for line in only_missed.context["lines"]] == ["Bus is late"]


def register(device_id: str, user_id: str) -> None:
    registry.register(
        registry.Registration(device_id, "android", user_id, token=f"token-{device_id}" * 3),
        actor=Actor.CLIENT,
        at=timezone.now(),
    )


def test_her_history_tells_sign_ins_and_sign_outs_of_hers_only(hanna):
    register("phone-1", "hanna.k")
    register("phone-1", "ben")
    register("phone-1", "hanna.k")

    moments = client_of("viewer").get("/people/hanna.k/").context["history"]

    assert [moment["text"] for moment in moments] == [
        "Signed in, in another person’s place on Android phone",
        "Taken over by someone else on Android phone",
        "Registered on Android phone",
    ]


def test_support_unregisters_a_phone_of_hers_and_it_is_audited(hanna):
    device = make_device(hanna)

    client_of("support").post(
        "/people/hanna.k/", {"do": "unregister", "device": device.device_id, "sure": "yes"}
    )

    device.refresh_from_db()
    assert (device.state, device.owner_id) == (DeviceState.UNREGISTERED, None)
    entry = AuditEntry.objects.get()
    assert entry.action == "unregistered a phone"
    assert "hanna" not in str([entry.object_id, entry.object_name, entry.facts])


def test_a_phone_that_changed_hands_meanwhile_is_left_alone(hanna):
    device = make_device("ben")

    client_of("support").post(
        "/people/hanna.k/", {"do": "unregister", "device": device.device_id, "sure": "yes"}
    )

    device.refresh_from_db()
    assert device.state == DeviceState.ACTIVE
    assert not AuditEntry.objects.exists()


def test_a_viewer_may_look_and_not_act(hanna):
    device = make_device(hanna)
    client = client_of("viewer")

    answer = client.post(
        "/people/hanna.k/", {"do": "unregister", "device": device.device_id, "sure": "yes"}
    )

    assert answer.status_code == 403
    assert "Unregister" not in client.get("/people/hanna.k/").content.decode()
    device.refresh_from_db()
    assert device.state == DeviceState.ACTIVE


def test_erasing_wants_the_id_typed(hanna):
    client = client_of("support")

    client.post("/people/hanna.k/", {"do": "erase", "user_id": "hanna"})
    assert AppUser.objects.filter(user_id="hanna.k").exists()

    client.post("/people/hanna.k/", {"do": "erase", "user_id": "hanna.k"})
    assert not AppUser.objects.filter(user_id="hanna.k").exists()


def test_a_phone_unseen_for_long_is_left_out_where_the_policy_says_so(hanna):
    make_device(hanna, last_seen_at=timezone.now() - timedelta(days=40))
    client = client_of("viewer")

    assert "Reachable on 1 of 1 phone" in client.get("/people/hanna.k/").content.decode()
    preferences.put(skip_stale=True)
    page = client.get("/people/hanna.k/").content.decode()
    assert "Not reachable on 1 phone" in page
    assert "the sending policy leaves it out" in page
