"""People, as the app's back end describes them, looks them up, and erases them."""

import json

import pytest

from devices import people, reports
from devices.models import AppUser, Device, PermissionEvent, RegistrationEvent
from tests.factories import make_device, make_user


def put(backend, user_id: str, query: str = "", **body):
    return backend("PUT", f"/users/{user_id}{query}", body)


def test_put_makes_then_merges_and_null_takes_away(backend):
    first = put(
        backend, "ada", attributes={"plan": "pro", "age": 36}, tags=["vip", "beta"],
        aliases=["ada@example.com"], locale="en-GB", timezone="Europe/London",
    )  # fmt: skip
    assert first.status_code == 201

    again = put(backend, "ada", attributes={"age": None, "city": "Ely"}, tags={"beta": None})

    assert again.status_code == 200
    said = again.json()
    assert said["attributes"] == {"plan": "pro", "city": "Ely"}
    assert (said["tags"], said["aliases"]) == (["vip"], ["ada@example.com"])
    assert (said["locale"], said["timezone"]) == ("en-GB", "Europe/London")


def test_replace_forgets_what_is_not_named(backend):
    put(backend, "ada", attributes={"plan": "pro"}, tags=["vip"], locale="en")

    said = put(backend, "ada", "?replace=1", attributes={"age": 36}).json()

    assert (said["attributes"], said["tags"], said["locale"]) == ({"age": 36}, [], "")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"attributes": {"a": "x" * 9000}}, "attributes_too_large"),
        ({"attributes": {"user_id": 1}}, "reserved_name"),
        ({"attributes": {"$set": 1}}, "name_malformed"),
        ({"attributes": {"": 1}}, "name_malformed"),
        ({"attributes": []}, "validation"),
        ({"timezone": "Mars"}, "timezone"),
        ({"tags": "vip"}, "validation"),
        ({"tags": {"vip": 3}}, "validation"),
        ({"plan": "pro"}, "validation"),
        ({"aliases": ["x" * 129]}, "validation"),
    ],
)
def test_what_cannot_be_kept_is_refused(backend, body, code):
    answer = put(backend, "ada", **body)

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert not AppUser.objects.exists()


def test_attributes_that_grow_bit_by_bit_are_bounded_all_the_same(backend):
    put(backend, "ada", attributes={"a": "x" * 5000})

    assert put(backend, "ada", attributes={"b": "x" * 5000}).status_code == 422
    assert list(AppUser.objects.get().attributes) == ["a"]


def test_get_shows_the_user_with_her_phones(backend):
    make_device("ada", device_id="D", platform="ios", system="denied")

    said = backend("GET", "/users/ada").json()

    assert said["user_id"] == "ada"
    assert [(row["device_id"], row["permission"]) for row in said["devices"]] == [("D", "denied")]
    assert backend("GET", "/users/nobody").status_code == 404


def test_bulk_keeps_the_good_and_names_the_bad(backend):
    make_user("old")
    body = [
        {"user_id": "new", "attributes": {"n": 1}},
        {"user_id": "old", "tags": ["x"]},
        {"user_id": "a/b"},
        {"user_id": "new", "attributes": {"m": 2}},
        {"attributes": {}},
        17,
        {"user_id": "big", "attributes": {"a": "x" * 9000}},
    ]

    answer = backend("POST", "/users/bulk", body)

    assert answer.status_code == 207
    said = answer.json()
    assert (said["created"], said["updated"]) == (1, 1)
    errors = [(error["index"], error["code"]) for error in said["errors"]]
    assert errors == [
        (2, "id_malformed"), (4, "validation"), (5, "validation"), (6, "attributes_too_large"),
    ]  # fmt: skip
    assert AppUser.objects.get(user_id="new").attributes == {"n": 1, "m": 2}


def test_bulk_takes_a_stream_of_lines(backend):
    lines = [json.dumps({"user_id": f"u{n}"}) for n in range(1200)]
    lines[7] = "{nonsense"
    body = "\n".join(lines).encode()

    answer = backend("POST", "/users/bulk", body, **{"Content-Type": "application/x-ndjson"})

    said = answer.json()
    assert (said["created"], said["updated"]) == (1199, 0)
    assert [(error["index"], error["code"]) for error in said["errors"]] == [(7, "malformed_json")]


def test_bulk_is_bounded(backend):
    too_many = [{"user_id": f"u{n}"} for n in range(1001)]
    assert backend("POST", "/users/bulk", too_many).status_code == 413
    assert backend("POST", "/users/bulk", b"[" + b" " * 10_500_000 + b"]").status_code == 413
    assert not AppUser.objects.exists()
    assert backend("POST", "/users/bulk", {"users": []}).status_code == 422


def test_erasing_leaves_numbers_and_no_trace_of_her(app, backend):
    app.register("D", user_id="ada", token="t" * 30, model="Pixel 8")
    app.report("denied", event_id="e1")
    app.register("shared", user_id="ada", token="s" * 30)
    app.register("shared", user_id="bob", token="s" * 30)
    ada = AppUser.objects.get(user_id="ada").pk
    events = RegistrationEvent.objects.count()
    forgotten = []
    people.also_forget(forget := lambda user: forgotten.append(user.user_id))

    answer = backend("DELETE", "/users/ada")

    people.forgetters.remove(forget)
    assert (answer.status_code, answer.json()["result"]) == (202, "erased")
    assert forgotten == ["ada"]
    assert not AppUser.objects.filter(user_id="ada").exists()
    phone = Device.objects.get(device_id__startswith="erased-")
    assert (phone.token, phone.owner, phone.model, phone.state) == (None, None, "", "invalid")
    assert Device.objects.get(device_id="shared").owner.user_id == "bob"
    assert RegistrationEvent.objects.count() == events
    assert list(PermissionEvent.objects.values_list("facts", flat=True)) == [{}]
    shown = reports.ownership(Device.objects.get(device_id="shared"))
    assert [(line.before, line.after) for line in shown] == [
        ("somebody erased", "bob"), ("", "somebody erased"),
    ]  # fmt: skip
    assert backend("DELETE", "/users/ada").status_code == 404
    app.register("D", user_id="ada", token="t" * 30)
    assert AppUser.objects.get(user_id="ada").pk != ada


def test_people_are_found_by_id_alias_and_attribute(db):
    make_user("ada", aliases=["Ada@example.com"], attributes={"plan": "pro", "age": 36})
    make_user("adam", attributes={"plan": "free", "age": "36", "a__b": True})
    make_user("zoe", aliases=["ada"])

    def found(text: str) -> list[str]:
        return [user.user_id for user in reports.find_people(text)]

    assert found("ada") == ["ada", "adam", "zoe"]
    assert found("users/ada") == ["ada", "adam", "zoe"]
    assert found("Ada@example.com") == ["ada"]
    assert found("plan=pro") == ["ada"]
    assert sorted(found("age=36")) == ["ada", "adam"]
    assert found("a__b=true") == ["adam"]
    assert found("nobody") == found("x=y") == found("a\x00da=1") == []
    assert len(found("")) == 3


def test_devices_are_found_by_id_and_by_token(db):
    device = make_device("ada", device_id="phone-1", token="the-token-of-phone-1")

    assert reports.find_devices("phone") == [device]
    assert reports.find_devices("the-token-of-phone-1") == [device]
    assert reports.find_devices("the-token") == []


@pytest.mark.parametrize("value", ["9" * 20, "9" * 4500, "-" + "9" * 19, "nan", "1e999", "²", "\0"])
def test_odd_numbers_find_nobody_and_break_nothing(db, value):
    make_user("ada", attributes={"age": 36})

    assert reports.find_people(f"age={value}") == []
