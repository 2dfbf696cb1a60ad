"""Devices: the list and one phone's page."""

import pytest

from devices.models import Device, TestDevice
from devices.states import DeviceState
from notifications import own_phones
from notifications.models import AuditEntry
from tests.console.staff import client_of
from tests.factories import make_device, make_user

pytestmark = pytest.mark.django_db


def url_of(device: Device) -> str:
    return f"/devices/{device.device_id}/"


def found(query: str) -> list[str]:
    phones = client_of("viewer").get("/devices/", {"q": query}).context["phones"]
    return [phone.device.device_id for phone in phones]


@pytest.mark.parametrize("query", ["install-7", "install", "abc:" + "Q" * 30])
def test_a_device_is_found_by_its_id_or_its_whole_token(query):
    make_device("ann", device_id="install-7", token="abc:" + "Q" * 30)
    make_device("ben", device_id="other-1")

    assert found(query) == ["install-7"]


@pytest.mark.parametrize("query", ["nothing", "a\0", "x" * 5000])
def test_what_no_device_has_finds_none(query):
    make_device(device_id="install-7")

    assert found(query) == []


def test_the_list_is_narrowed_to_one_system():
    make_device(device_id="droid")
    make_device(device_id="apple", platform="ios")

    phones = client_of("viewer").get("/devices/", {"os": "ios"}).context["phones"]

    assert [phone.device.device_id for phone in phones] == ["apple"]


def test_the_list_shows_the_phones_behind_a_bar_of_the_overview():
    make_device(device_id="on")
    make_device(device_id="off", system="denied", perm_denials=2)
    make_device(device_id="off-apple", system="denied", platform="ios")
    make_device(device_id="gone", state="invalid")
    client = client_of("viewer")

    def listed(**narrowed: str) -> list[str]:
        context = client.get("/devices/", narrowed).context
        return sorted(phone.device.device_id for phone in context["phones"])

    assert listed(group="denied") == ["off", "off-apple"]
    assert listed(group="denied", os="ios") == ["off-apple"]
    assert listed(group="app_removed") == ["gone"]
    assert len(listed(group="nonsense")) == 4


def test_the_page_shows_the_token_masked_only():
    device = make_device(token="secret-part:" + "Z" * 20 + "a91f")

    page = client_of("admin").get(url_of(device)).content.decode()

    assert "••••a91f" in page
    assert "secret-part" not in page


@pytest.mark.parametrize(
    ("fields", "word", "sentence"),
    [
        ({"system": "not_determined"}, "Not asked yet", "Not asked yet; two asks left."),
        ({"system": "not_determined", "platform": "ios"}, "Not asked yet", "one ask left."),
        ({"system": "denied", "perm_denials": 1}, "Notifications are off", "Denied once; one ask"),
        ({"system": "denied", "perm_denials": 2}, "Notifications are off", "Only they can switch"),
        ({"system": "provisional", "platform": "ios"}, "Quietly", "one ask left."),
        ({"system": "authorized"}, "Allowed", "the channel decides about sound"),
        ({"system": "authorized", "opted_out": True}, "Opted out in the app", "Only they can opt"),
        ({"system": "unknown"}, "Never reported", "FCM is asked"),
        ({"token": None}, "Allowed", "registered without an address"),
        ({"state": "invalid"}, "App removed", "It no longer counts."),
        ({"state": "unregistered"}, "Signed out", "Nobody is signed in"),
        (
            {"system": "authorized", "perm_channels": {"promo": 0, "news": 3}},
            "Allowed",
            "they blocked promo.",
        ),
    ],
)
def test_permission_is_told_in_words(fields, word, sentence):
    device = make_device(**fields)

    page = client_of("viewer").get(url_of(device)).content.decode()

    assert word in page
    assert sentence in page


def test_raw_facts_stand_beside_what_follows_from_them():
    device = make_device(system="denied", perm_denials=1, target_sdk=34)

    context = client_of("viewer").get(url_of(device)).context

    assert dict(context["told"])["Times denied"] == 1
    assert dict(context["told"])["API level"] == 34
    assert dict(context["follows"])["Asks left"] == "1 of 2"
    assert dict(context["follows"])["Next action for the app"] == "system_prompt"


def test_a_phone_becomes_ones_own_test_phone_and_stops_being_it():
    device = make_device()
    client = client_of("marketer")

    client.post(url_of(device), {"do": "test"})
    client.post(url_of(device), {"do": "test"})
    assert TestDevice.objects.filter(device=device, staff__username="marketer").count() == 1

    client.post(url_of(device), {"do": "untest"})
    assert not TestDevice.objects.exists()


def test_unregistering_clears_owner_and_token():
    device = make_device()

    client_of("support").post(url_of(device), {"do": "unregister", "sure": "yes"})

    device.refresh_from_db()
    assert (device.state, device.owner_id, device.token) == (DeviceState.UNREGISTERED, None, None)


@pytest.mark.parametrize("deed", ["test", "untest", "unregister"])
def test_a_viewer_may_do_none_of_it(deed):
    device = make_device()

    answer = client_of("viewer").post(url_of(device), {"do": deed})

    assert answer.status_code == 403
    device.refresh_from_db()
    assert device.state == DeviceState.ACTIVE


def test_an_unknown_button_does_nothing():
    device = make_device()

    answer = client_of("admin").post(url_of(device), {"do": "format"}, follow=True)

    assert "Nothing was done" in answer.content.decode()


def test_an_owner_who_was_erased_leaves_no_name_in_the_log():
    ann = make_user("ann")
    device = make_device(ann)
    device.registrations.create(kind="register", user_after=ann, actor="client")
    Device.objects.update(owner=None)
    ann.delete()

    page = client_of("viewer").get(url_of(device))

    assert page.status_code == 200
    assert "ann" not in page.content.decode().replace("channel", "").replace("Channel", "")


@pytest.mark.parametrize("before", ["²", "9" * 3000, "-1", "x"])
def test_a_cursor_of_nobody_s_starts_at_the_newest(before):
    make_device(device_id="install-7")

    phones = client_of("viewer").get("/devices/", {"before": before}).context["phones"]

    assert [phone.device.device_id for phone in phones] == ["install-7"]


@pytest.mark.parametrize("path", ["/devices/a%00b/", "/people/a%00b/"])
def test_an_address_with_nul_is_nowhere(path):
    assert client_of("viewer").get(path).status_code == 404


def test_few_phones_are_ones_own_and_the_log_knows_them():
    client = client_of("support")
    for _ in range(own_phones.MOST + 1):
        answer = client.post(url_of(make_device()), {"do": "test"}, follow=True)

    assert "test phones already" in answer.content.decode()
    assert TestDevice.objects.count() == own_phones.MOST
    marked = AuditEntry.objects.filter(action="marked a test phone")
    assert marked.count() == own_phones.MOST
