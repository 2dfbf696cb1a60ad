"""The explanation through the API: the same sentence, and each phone."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from devices import keys
from devices.states import KeyKind
from tests.factories import make_device, make_user
from tests.sending import confirmed, run_all


def get(path: str, scopes: tuple[str, ...] = ("read",)) -> Any:
    key = keys.make(KeyKind.SERVER, "for a test", scopes).text
    return Client().get(f"/api/v1/{path}", headers={"Authorization": f"Bearer {key}"})


@pytest.mark.django_db(transaction=True)
def test_it_says_what_became_of_each_phone(sandbox):
    make_device("ann", platform="ios", device_id="i")
    make_device("ann", platform="android", system="denied", perm_denials=2, device_id="a")
    notification = confirmed(send_to="users", recipients=["ann"])
    run_all()

    answer = get(f"users/ann/notifications/{notification.uuid}/explain")

    said = answer.json()
    assert answer.status_code == 200
    assert said["verdict"] == "accepted"
    assert said["sentence"].startswith("Accepted for ann’s iPhone at ")
    phones = {one["device_id"]: one for one in said["devices"]}
    assert (phones["i"]["outcome"], phones["i"]["reason"]) == ("accepted", "")
    assert phones["i"]["message_id"]
    assert (phones["a"]["outcome"], phones["a"]["reason"]) == ("skipped", "no_permission_denied")
    kinds = [one["kind"] for one in said["timeline"] if one["device_id"] is None]
    assert kinds[:3] == ["composed", "confirmed", "sent"]


@pytest.mark.django_db
def test_it_carries_the_words_that_this_person_reads():
    make_user("ann", attributes={"first_name": "Ann"}, locale="de-AT")
    make_user("bob")
    german = {"title": "Erster Schnee", "body": "Hallo {{ first_name }}"}
    notification = confirmed(
        title="First snow", body='Hello {{ first_name | default: "there" }}',
        send_to="users", recipients=["ann", "bob", make_device().owner.user_id],
        variants={"de": german},
    )  # fmt: skip

    said = {
        one: get(f"users/{one}/notifications/{notification.uuid}/explain").json()["message"]
        for one in ("ann", "bob")
    }

    assert said["ann"] == {"title": "Erster Schnee", "body": "Hallo Ann", "language": "de"}
    assert said["bob"] == {"title": "First snow", "body": "Hello there", "language": ""}


@pytest.mark.django_db
def test_unknown_people_and_notifications_are_404_and_other_scopes_refused():
    make_device("ann")
    notification = confirmed()
    unknown = get(f"users/nobody/notifications/{notification.uuid}/explain")

    assert unknown.status_code == 404
    assert "Beckon does not know “nobody”" in unknown.json()["detail"]
    assert get(f"users/ann/notifications/{uuid4()}/explain").status_code == 404
    path = f"users/ann/notifications/{notification.uuid}/explain"
    assert get(path, ("users",)).status_code == 403
