"""`/api/v1/audiences`: made, changed and filled by a back end."""

from typing import Any

import pytest
from django.test import Client

from devices import audiences
from devices.models import Audience
from notifications.models import AuditEntry
from tests.factories import make_key, make_user

pytestmark = pytest.mark.django_db
PRO = {"field": "attribute", "name": "plan", "type": "string", "op": "is", "value": "pro"}


def ask(method: str, path: str, body: Any = None, scopes: tuple[str, ...] | None = None) -> Any:
    headers = {"Authorization": f"Bearer {make_key('server', scopes)}"}
    send = getattr(Client(), method)
    return send(f"/api/v1/audiences{path}", body, content_type="application/json", headers=headers)


def test_an_audience_is_made_counted_changed_and_archived():
    make_user("ann", attributes={"plan": "pro"})
    make_user("ben")

    made = ask("post", "", {"name": "Pro", "rules": {"version": 1, "all": [PRO]}})
    number = made.json()["id"]
    counted = ask("get", f"/{number}?count=1").json()
    changed = ask("patch", f"/{number}", {"rules": {"version": 1, "none": [PRO]}}).json()
    archived = ask("patch", f"/{number}", {"archived": True}).json()
    late = ask("patch", f"/{number}", {"name": "Other"})

    assert (made.status_code, counted["people"]) == (201, 1)
    assert (changed["version"], archived["archived"]) == (2, True)
    assert (late.status_code, late.json()["code"]) == (409, "archived")
    assert [one["name"] for one in ask("get", "").json()["data"]] == ["Pro"]
    assert AuditEntry.objects.count() == 3


@pytest.mark.parametrize(
    ("rules", "field"),
    [
        ({"version": 1, "all": [PRO | {"name": "paln"}]}, "rules.all.0.name"),
        ({"version": 1, "all": [PRO | {"value": 5}]}, "rules.all.0.value"),
        ({"version": 1, "any": [{"none": [PRO | {"op": "LIKE"}]}]}, "rules.any.0.none.0.op"),
        ("1=1", "rules"),
    ],
)
def test_a_wrong_rule_names_its_place(rules, field):
    make_user("ann", attributes={"plan": "pro"})

    answer = ask("post", "", {"name": "Pro", "rules": rules})

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert not Audience.objects.exists()


def test_people_go_on_a_list_and_off_it_and_unknown_ids_are_named():
    for name in ("ann", "ben", "eve"):
        make_user(name)
    made = ask("post", "", {"name": "List", "rules": {"version": 1, "list": True}})
    path = f"/{made.json()['id']}/members"

    ask("post", path, {"add": ["ann", "ben"]})
    answer = ask("post", path, {"add": ["ann", "eve", "carl"], "remove": ["ben"]}).json()

    assert answer == {"added": 1, "removed": 1, "unknown": ["carl"], "version": 4}
    people = audiences.people(Audience.objects.get())
    assert {one.user_id for one in people} == {"ann", "eve"}


def test_members_of_rules_cannot_be_named_and_scopes_are_kept_apart():
    made = ask("post", "", {"name": "All", "rules": {"version": 1, "all": []}})
    path = f"/{made.json()['id']}/members"

    assert ask("post", path, {"add": []}).json()["code"] == "not_a_list"
    assert ask("post", path, {"add": []}, ("campaigns",)).status_code == 403
    assert ask("get", "", None, ("users",)).status_code == 403
