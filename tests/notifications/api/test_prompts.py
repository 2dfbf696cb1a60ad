"""Soft prompts for back ends: made, changed, set live, and their numbers read."""

from collections.abc import Iterator

import pytest
import time_machine
from django.utils import timezone

from devices.models import Prompt
from notifications.models import AuditEntry
from tests.devices.conftest import Caller
from tests.devices.prompts.conftest import START
from tests.devices.prompts.phones import IPHONE, Phone, make_live
from tests.factories import make_key

pytestmark = pytest.mark.django_db
NAME = {"name": "Snow"}


@pytest.fixture
def backend(db) -> Caller:
    return Caller(make_key("server"))


@pytest.fixture
def phone(db: None) -> Iterator[Phone]:
    with time_machine.travel(START, tick=False) as clock:
        yield Phone(clock)


@pytest.fixture
def prompt(backend) -> dict:
    return backend("POST", "/prompts", NAME).json()


def test_a_prompt_is_made_from_the_template_changed_and_moved(backend):
    made = backend("POST", "/prompts", NAME | {"content": {"title": "Hear of snow"}})
    assert made.status_code == 201
    prompt = made.json()
    assert (prompt["status"], prompt["version"]) == ("draft", 1)
    assert prompt["content"]["title"] == "Hear of snow"
    assert prompt["frequency"] == {
        "kind": "multiple", "max_displays": 9_999, "gap_seconds": 1_209_600,
    }  # fmt: skip
    assert prompt["auto_pause"] == {"share": 60, "min_asks": 100}
    address = f"/prompts/{prompt['id']}"

    changed = backend("PATCH", address, {"frequency": {"kind": "once"}, "auto_pause": None}).json()
    assert (changed["frequency"]["kind"], changed["auto_pause"]) == ("once", None)
    assert [one["code"] for one in changed["remarks"]] == ["once"]
    assert backend("POST", f"{address}/live").json()["status"] == "live"
    assert backend("PATCH", address, {"priority": 2}).json()["version"] == 2
    assert backend("POST", f"{address}/pause").json()["paused_reason"] == "by_person"
    assert backend("POST", f"{address}/archive").json()["status"] == "archived"
    assert backend("GET", address).json()["priority"] == 2
    assert [one["id"] for one in backend("GET", "/prompts").json()["data"]] == [prompt["id"]]
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True)) == [
        "made a prompt", "changed a prompt", "set a prompt live", "changed a prompt",
        "paused a prompt", "archived a prompt",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        (NAME | {"content": {"title": " "}}, "content.title"),
        (NAME | {"content": {"locales": {"de": {"body": "b" * 501}}}}, "content.locales.de.body"),
        (NAME | {"frequency": {"max_displays": 0}}, "frequency.max_displays"),
        (NAME | {"frequency": {"kind": "weekly"}}, "frequency.kind"),
        (NAME | {"auto_pause": {"share": 0}}, "auto_pause.share"),
        (NAME | {"triggers": [[{"kind": "session_time"}]]}, "triggers.0.0.seconds"),
        (NAME | {"audience": 4711}, "audience"),
        (NAME | {"holdout_pct": 51}, "holdout_pct"),
        (NAME | {"colour": "red"}, "colour"),
    ],
)
def test_what_is_wrong_is_named_where_it_stands(backend, body, field):
    answer = backend("POST", "/prompts", body)

    assert answer.status_code == 422, answer.content
    assert field in [error["field"] for error in answer.json()["errors"]]
    assert Prompt.objects.count() == 0


def test_a_move_that_is_none_is_a_conflict(backend, prompt):
    answer = backend("POST", f"/prompts/{prompt['id']}/pause")

    assert (answer.status_code, answer.json()["code"]) == (409, "bad_state")
    assert answer.json()["detail"] == "Snow is draft; it can’t be paused any more."
    backend("POST", f"/prompts/{prompt['id']}/archive")
    assert backend("PATCH", f"/prompts/{prompt['id']}", {"priority": 1}).status_code == 409
    assert backend("GET", "/prompts/99999").status_code == 404


def test_making_it_twice_with_one_idempotency_key_makes_one(backend):
    headers = {"Idempotency-Key": "k"}
    first, again = (backend("POST", "/prompts", NAME, **headers) for _ in range(2))

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    other = backend("POST", "/prompts", {"name": "Ice"}, **headers)
    assert other.json()["code"] == "idempotency_mismatch"


def test_an_idempotency_key_that_is_too_long_is_refused_and_not_cut(backend):
    answer = backend("POST", "/prompts", NAME, **{"Idempotency-Key": "k" * 256})

    assert (answer.status_code, answer.json()["code"]) == (422, "validation")
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"
    assert not Prompt.objects.exists()


def test_the_numbers_of_one_phone_s_yes(backend, phone: Phone):
    prompt = make_live(timezone.now())
    phone.register(IPHONE)
    assert phone.shown(prompt)
    phone.told(prompt, "click")
    phone.told(prompt, "system_prompt_shown")
    phone.told(prompt, "system_prompt_result", result="granted")

    answer = backend("GET", f"/prompts/{prompt.pk}/stats").json()

    numbers = answer["numbers"]
    funnel = ("eligible", "shown", "tapped", "asked", "granted", "converted")
    assert [numbers[name] for name in funnel] == [1] * 6
    assert [numbers[name] for name in ("impressions", "clicks", "asks", "grants")] == [1] * 4
    assert [numbers[name] for name in ("burned", "swiped", "recovered", "held_out")] == [0] * 4
    assert numbers["conversion"] == {"hits": 1, "n": 1, "percent": None, "low": None, "high": None}
    assert numbers["lift"]["points"] is None
    assert [day["day"] for day in answer["days"]] == ["2026-03-02"]
    assert (list(answer["versions"]), list(answer["platforms"])) == (["1"], ["ios"])


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("from=2026-03-02&to=2026-03-02", 1), ("from=2026-03-03", 0), ("to=2026-03-01", 0),
        ("platform=ios", 0), ("platform=android&version=1", 1), ("version=2", 0),
    ],
)  # fmt: skip
def test_numbers_are_asked_for_by_day_version_and_system(backend, phone, query, shown):
    prompt = make_live(timezone.now())
    phone.register()
    assert phone.shown(prompt)

    answer = backend("GET", f"/prompts/{prompt.pk}/stats?{query}")

    assert answer.json()["numbers"]["shown"] == shown


@pytest.mark.parametrize("query", ["from=March", "platform=web", "version=one"])
def test_a_filter_that_says_nothing_is_refused(backend, prompt, query):
    assert backend("GET", f"/prompts/{prompt['id']}/stats?{query}").status_code == 422


def test_too_many_burned_asks_pause_it_and_the_audit_log_says_so(backend, phone: Phone):
    prompt = make_live(timezone.now(), pause_share=50, pause_min_asks=3)
    for number, result in enumerate(("granted", "denied", "denied")):
        assert Prompt.objects.get(pk=prompt.pk).status == "live"
        phone.id = f"D{number}"
        phone.register(IPHONE)
        assert phone.shown(prompt)
        phone.told(prompt, "system_prompt_shown")
        phone.told(prompt, "system_prompt_result", result=result)

    answer = backend("GET", f"/prompts/{prompt.pk}").json()

    assert (answer["status"], answer["paused_reason"]) == ("paused", "burned")
    entry = AuditEntry.objects.order_by("-pk").first()
    assert (entry.actor_name, entry.action) == (
        "Beckon", "paused a prompt that burned too many asks",
    )  # fmt: skip
    assert entry.facts == {"asks": 3, "burned": 2, "share": 50}
    backend("POST", f"/prompts/{prompt.pk}/live")  # what burned before no longer counts
    phone.id = "D9"
    phone.register(IPHONE)
    assert phone.shown(prompt)
    phone.told(prompt, "system_prompt_result", result="denied")
    assert Prompt.objects.get(pk=prompt.pk).status == "live"
