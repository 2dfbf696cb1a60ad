"""The cards that keep preferences, and the list of cards itself."""

import pytest

from devices import preferences
from notifications.models import AuditEntry
from tests.console.staff import client_of
from tests.factories import make_device

pytestmark = pytest.mark.django_db


def test_each_card_says_why_it_matters_and_how_it_stands():
    page = client_of("admin").get("/settings/").content.decode()

    for word in ("Pages", "Sound and channels", "App &amp; Firebase", "Team", "API keys"):
        assert word in page
    assert "Since Android 8 the channel decides" in page
    assert "No pages yet" in page


def test_cards_that_a_role_may_not_open_are_absent():
    page = client_of("ops").get("/settings/").content.decode()

    assert "/settings/pages/" in page
    assert "/settings/team/" not in page
    assert "/settings/keys/" not in page


def test_channels_are_kept_and_the_change_is_audited():
    client = client_of("ops")

    client.post("/settings/sound/", {"sound_channel": "promo", "silent_channel": "promo_quiet"})

    assert preferences.read("sound_channel", "silent_channel") == {
        "sound_channel": "promo",
        "silent_channel": "promo_quiet",
    }
    assert AuditEntry.objects.get().facts == {
        "sound_channel": ["", "promo"],
        "silent_channel": ["", "promo_quiet"],
    }


@pytest.mark.parametrize(
    ("sound", "silent", "sentence"),
    [
        ("two words", "", "can’t be a channel id"),
        ("same", "same", "One channel can’t both sound and be silent."),
    ],
)
def test_a_channel_that_cannot_be_is_refused_at_its_field(sound, silent, sentence):
    client = client_of("ops")

    answer = client.post("/settings/sound/", {"sound_channel": sound, "silent_channel": silent})

    assert sentence in answer.content.decode()
    assert not AuditEntry.objects.exists()


def test_the_policy_is_kept_whole():
    client = client_of("ops")

    client.post("/settings/policy/", {"skip_stale": "on", "support_limit": "40"})

    policy = preferences.read(
        "send_when_permission_unknown", "skip_stale", "support_limit", "ask_at_app_start"
    )
    assert policy == {
        "send_when_permission_unknown": False,
        "skip_stale": True,
        "support_limit": 40,
        "ask_at_app_start": False,
    }


def test_saving_what_is_already_so_writes_nothing():
    client = client_of("ops")
    client.post("/settings/sound/", {"sound_channel": "", "silent_channel": ""})

    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("limit", ["-1", "1000001", "many", ""])
def test_a_support_limit_is_a_whole_number(limit):
    answer = client_of("ops").post("/settings/policy/", {"support_limit": limit})

    assert "Give a number from 0 to 1000000." in answer.content.decode()
    assert preferences.get("support_limit") == 100


def test_the_connection_check_tells_the_answer_in_plain_words(sandbox):
    client = client_of("ops")

    answer = client.post("/settings/app/check/").content.decode()

    assert "Connected to the sandbox: it would take our messages." in answer
    assert AuditEntry.objects.get().action == "checked the connection"


def test_the_firebase_card_never_shows_the_key(sandbox):
    page = client_of("ops").get("/settings/app/").content.decode()

    assert "Nothing reaches a real phone." in page
    assert "PRIVATE KEY" not in page


def test_asking_iphones_directly_holds_for_those_already_registered():
    never_asked = make_device(platform="ios", system="not_determined")
    client = client_of("ops")

    client.post("/settings/policy/", {"support_limit": "100", "ios_ask_direct": "on"})

    never_asked.refresh_from_db()
    assert never_asked.perm_status == "should_request"


def test_how_often_quiet_hours_and_roles_are_kept_and_audited_with_what_was():
    client = client_of("ops")
    posted = {
        "support_limit": "1", "marketer_limit": "5000", "frequency_limit": "3",
        "frequency_hours": "48", "frequency_triggers": "on", "quiet_on": "on",
        "quiet_from": "21:30", "quiet_to": "07:15", "ticket_roles": ["support", "ops"],
    }  # fmt: skip

    client.post("/settings/policy/", posted)

    kept = preferences.read(*posted, "ops_limit")
    assert kept == {
        "support_limit": 1, "marketer_limit": 5000, "ops_limit": 0, "frequency_limit": 3,
        "frequency_hours": 48, "frequency_triggers": True, "quiet_on": True, "quiet_from": "21:30",
        "quiet_to": "07:15", "ticket_roles": ["support", "ops"],
    }  # fmt: skip
    facts = AuditEntry.objects.get().facts
    assert facts["quiet_from"] == ["22:00", "21:30"]
    assert facts["ticket_roles"] == [[], ["support", "ops"]]


@pytest.mark.parametrize(
    ("posted", "sentence"),
    [
        ({"frequency_limit": "-1"}, "Give a number from 0 to 50."),
        ({"frequency_hours": "0"}, "Give a number from 1 to 720."),
        ({"quiet_from": "25:00"}, "Give a time of day, such as 22:00."),
        ({"quiet_on": "on", "quiet_from": "22:00", "quiet_to": "22:00"}, "no hours at all"),
        ({"ticket_roles": "king"}, "king"),
    ],
)
def test_a_policy_that_cannot_be_is_refused_at_its_field(posted, sentence):
    answer = client_of("ops").post("/settings/policy/", {"support_limit": "1"} | posted)

    assert sentence in answer.content.decode()
    assert not AuditEntry.objects.exists()
