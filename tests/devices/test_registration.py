"""D1 to D13: whose phone is this? Through the HTTP API."""

import pytest
from django.utils import timezone

from devices import outbox, preferences, registry
from devices.models import AppUser, Device, RegistrationEvent

T1, T2 = "first-token-of-this-phone", "second-token-of-this-phone"


def log(device_id: str = "D") -> list[tuple[str, str, str]]:
    """The device's history as (kind, user before, user after)."""
    name = {None: ""} | dict(AppUser.objects.values_list("pk", "user_id"))
    return [
        (event.kind, name[event.user_before_id], name[event.user_after_id])
        for event in RegistrationEvent.objects.filter(device__device_id=device_id)
    ]


def device(device_id: str = "D") -> Device:
    return Device.objects.select_related("owner").get(device_id=device_id)


def test_d1_the_first_registration_makes_the_device_and_the_user(app):
    answer = app.register(token=T1, locale="de", timezone="Europe/Berlin", model="Pixel 8")

    assert answer.status_code == 201
    assert answer.json() == {
        "device_id": "D",
        "user_id": "alice",
        "registration_seq": device().reg_seq,
        "replaced_previous_owner": False,
        "permission": {
            "status": "should_request",
            "asks_left": 2,
            "deliverable": True,
            "notification_types": 1,
            "next_action": "system_prompt",
        },
        "auto_prompt": False,
    }
    assert (device().token, device().state, device().owner.user_id) == (T1, "active", "alice")
    assert log() == [("register", "", "alice")]


@pytest.mark.parametrize("token", [{"token": None}, {}])
def test_d1_a_phone_without_a_token_is_active_all_the_same(app, token):
    body = {"user_id": "alice", "platform": "ios"} | token

    answer = app("PUT", "/devices/D", body)

    assert answer.status_code == 201
    assert (device().token, device().state) == (None, "active")


@pytest.mark.parametrize("blank", ["", "   "])
def test_d1_a_blank_token_is_an_error(app, blank):
    answer = app.register(token=blank)

    assert (answer.status_code, answer.json()["code"]) == (400, "token_blank")
    assert not Device.objects.exists()


def test_d1_users_are_not_made_where_the_setting_says_so(app):
    preferences.put(auto_create_users=False)

    answer = app.register()

    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_user")
    assert not AppUser.objects.exists()


def test_d2_another_user_on_the_same_phone_takes_it_over(app):
    app.register(user_id="alice", token=T1)

    answer = app.register(user_id="bob", token=T1)

    assert answer.status_code == 200
    assert answer.json()["replaced_previous_owner"] is True
    assert "alice" not in answer.content.decode()
    assert device().owner.user_id == "bob"
    assert log() == [("register", "", "alice"), ("takeover", "alice", "bob")]


def test_d3_a_token_seen_on_another_device_leaves_the_former_one(app):
    app.register("X", user_id="alice", token=T1)

    answer = app.register("D", user_id="bob", token=T1)

    assert answer.status_code == 201
    assert (device("X").token, device("X").state) == (None, "unregistered")
    assert (device("D").token, device("D").owner.user_id) == (T1, "bob")
    assert log("X") == [("register", "", "alice"), ("token_moved", "alice", "alice")]


def test_d4_the_same_again_makes_nothing_twice_and_gets_a_new_number(app):
    first = app.register(token=T1).json()["registration_seq"]
    before = device()

    again = app.register(token=T1)

    assert again.status_code == 200
    assert again.json()["registration_seq"] > first
    assert Device.objects.count() == AppUser.objects.count() == 1
    assert device().registered_at == before.registered_at
    assert device().token_updated_at == before.token_updated_at
    assert device().last_seen_at > before.last_seen_at


@pytest.mark.parametrize("user", [{}, {"user_id": None}, {"user_id": ""}, {"user_id": "  "}])
def test_d5_a_registration_needs_a_user(app, user):
    answer = app("PUT", "/devices/D", {"platform": "ios", "token": T1} | user)

    assert (answer.status_code, answer.json()["code"]) == (400, "user_required")
    assert not Device.objects.exists()


def test_d5_unless_devices_without_one_are_allowed(app):
    preferences.put(allow_anonymous_devices=True)

    answer = app("PUT", "/devices/D", {"platform": "ios", "token": T1})

    assert answer.status_code == 201
    assert answer.json()["user_id"] is None


@pytest.mark.parametrize("named", [{"device_id": "D"}, {"token": T1}])
def test_d6_without_a_user_it_unregisters_whoever_owns_the_phone(app, named):
    app.register(token=T1)

    answer = app.unregister(**named)

    assert (answer.status_code, answer.json()) == (200, {"result": "unregistered"})
    assert (device().owner, device().token, device().state) == (None, None, "unregistered")
    assert log()[-1] == ("unregister", "alice", "")


def test_d7_the_active_owner_unregisters_her_phone(app):
    app.register(token=T1)

    answer = app.unregister(device_id="D", user_id="alice")

    assert answer.json() == {"result": "unregistered"}
    assert device().state == "unregistered"


def test_d7_delete_is_the_same_as_a_query(app):
    app.register(token=T1)
    from tests.factories import signature_of

    signed = {"X-User-Signature": signature_of("alice")}
    answer = app("DELETE", "/devices/D?user_id=alice", **signed)

    assert answer.json() == {"result": "unregistered"}


@pytest.mark.parametrize("user_id", ["bob", "nobody-we-know"])
def test_d8_who_is_not_the_owner_changes_nothing(app, user_id):
    app.register("E", user_id="bob", token=T2)
    app.register("D", user_id="alice", token=T1)

    answer = app.unregister(device_id="D", user_id=user_id)

    assert answer.json() == {"result": "noop", "reason": "not_active_owner"}
    assert (device().owner.user_id, device().token, device().state) == ("alice", T1, "active")
    assert log()[-1] == ("unregister_noop", "alice", "alice")


def test_d8_neither_does_a_former_owner_nor_the_owner_of_an_inactive_phone(app):
    app.register(user_id="alice", token=T1)
    app.register(user_id="bob", token=T1)
    assert app.unregister(device_id="D", user_id="alice").json()["result"] == "noop"
    registry.retire([(device().pk, T1)], timezone.now())

    answer = app.unregister(device_id="D", user_id="bob")

    assert answer.json() == {"result": "noop", "reason": "not_active_owner"}
    assert device().owner.user_id == "bob"


@pytest.mark.parametrize("named", [{"device_id": "nowhere"}, {"token": T2}])
@pytest.mark.parametrize("user", [{}, {"user_id": "alice"}])
def test_d9_an_unknown_device_is_nothing_to_do(app, named, user):
    answer = app.unregister(**named, **user)

    assert answer.status_code == 200
    assert answer.json() == {"result": "noop", "reason": "unknown_device"}


@pytest.mark.parametrize("blank", ["", "  ", None])
def test_d10_a_blank_user_never_widens_to_whoever_owns_it(app, blank):
    app.register(token=T1)

    answer = app.unregister(device_id="D", user_id=blank)

    assert (answer.status_code, answer.json()["code"]) == (400, "user_id_blank")
    assert (device().state, device().owner.user_id) == ("active", "alice")


def test_d10_an_empty_user_in_the_query_of_delete_is_an_error(app):
    app.register(token=T1)

    answer = app("DELETE", "/devices/D?user_id=")

    assert (answer.status_code, answer.json()["code"]) == (400, "user_id_blank")
    assert device().state == "active"


def test_d11_the_token_that_fcm_called_dead_is_retired(app):
    app.register(token=T1)

    assert registry.retire([(device().pk, T1)], timezone.now()) == 1

    assert (device().state, device().token) == ("invalid", None)
    assert device().owner.user_id == "alice"
    assert log()[-1] == ("invalidated", "alice", "alice")


def test_d11_a_stale_answer_about_a_former_token_is_ignored(app):
    app.register(token=T1)
    app.register(token=T2)

    assert registry.retire([(device().pk, T1)], timezone.now()) == 0

    assert (device().state, device().token) == ("active", T2)


def test_d11_five_hundred_at_once_cost_as_many_queries_as_one(app, django_assert_max_num_queries):
    from tests.factories import make_device

    rows = [make_device("alice") for _ in range(20)]

    outbox.listens("device.invalidated")  # kept for half a minute

    with django_assert_max_num_queries(3):
        retired = registry.retire([(row.pk, row.token) for row in rows], timezone.now())

    assert retired == 20


def test_d12_a_phone_that_was_gone_comes_back(app):
    app.register(token=T1)
    app.unregister(device_id="D")

    answer = app.register(token=T1)

    assert (answer.status_code, answer.json()["replaced_previous_owner"]) == (200, False)
    assert (device().state, device().invalid_reason) == ("active", "")
    assert log()[-1] == ("revived", "", "alice")


def test_d13_a_new_token_replaces_the_former_one(app):
    app.register(token=T1)
    before = device().token_updated_at

    assert app.register(token=T2).status_code == 200

    assert device().token == T2
    assert device().token_updated_at > before


def test_a_token_as_long_as_allowed_is_kept_and_found_again(app):
    longest = "t" * 4096
    app.register("X", token=longest)

    app.register("D", token=longest)

    assert (device("X").token, device("D").token) == (None, longest)
    assert app.register("D", token=longest + "t").json()["code"] == "token_too_long"


def test_the_log_keeps_who_asked_and_the_id_of_the_request(app, backend):
    app.register(token=T1)
    backend("PUT", "/devices/D", {"user_id": "bob", "platform": "ios"}, **{"X-Request-Id": "r" * 9})

    events = list(RegistrationEvent.objects.order_by("pk"))

    assert [event.actor for event in events] == ["client", "server"]
    assert events[1].request_id == "r" * 9
    assert len(events[0].request_id) == 32


# ---------------------------------------------------------------- the quota of a person's phones


def has_phones(app, *names: str) -> None:
    for name in names:
        assert (
            app("PUT", f"/devices/{name}", {"user_id": "alice", "platform": "ios"}).status_code
            < 300
        )


def active() -> list[str]:
    return sorted(Device.objects.active().values_list("device_id", flat=True))


def test_one_phone_more_than_allowed_retires_the_one_not_seen_for_longest(app):
    preferences.put(devices_per_person=2)
    has_phones(app, "A", "B")
    has_phones(app, "A")  # seen again: now B is the one that was not seen for longest

    has_phones(app, "C")

    assert active() == ["A", "C"]
    gone = device("B")
    assert (gone.state, gone.token, gone.invalid_reason) == ("unregistered", None, "over_quota")
    assert log("B") == [("register", "", "alice"), ("over_quota", "alice", "alice")]


def test_a_retired_phone_that_comes_back_takes_the_place_of_another(app):
    preferences.put(devices_per_person=1)
    has_phones(app, "A", "B", "A")

    assert active() == ["A"]
    assert [kind for kind, *_ in log("A")] == ["register", "over_quota", "revived"]


def test_the_quota_is_each_persons_own_and_counts_phones_taken_over(app):
    preferences.put(devices_per_person=1)
    has_phones(app, "A")
    app("PUT", "/devices/B", {"user_id": "bob", "platform": "ios"})

    has_phones(app, "B")

    assert active() == ["B"]
    assert device("B").owner.user_id == "alice"


def test_a_quota_that_was_lowered_holds_from_the_next_phone_on_and_none_is_no_limit(app):
    preferences.put(devices_per_person=0)
    has_phones(app, *"ABCDE")
    preferences.put(devices_per_person=2)
    has_phones(app, "E")
    assert len(active()) == 5

    has_phones(app, "F")

    assert active() == ["E", "F"]
