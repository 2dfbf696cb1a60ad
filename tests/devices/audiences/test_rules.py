"""Rules against people: every way of asking agrees with a plain reading of the rows."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devices import audiences
from devices.models import AppUser, Audience, Device
from tests.devices.audiences.by_hand import is_in
from tests.examples import examples
from tests.factories import make_device, make_user

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)

ATTRIBUTES: dict[str, list[Any]] = {
    "plan": ["pro", "free", "Pro", "größer", "", 7, True, ["pro"]],
    "age": [18, 30, 30.5, -4, "30", "old", False, 0],
    "0": ["zero", 0],
    "paid": [True, False, "true", 1],
    "renews": ["2026-11-19", "2026-11-20T10:00:00Z", "2026-12-01", "soon", 20261119],
    "it's %s; --": ["x", "x' OR 1=1 --", '"quoted"', "\\"],
}
TAGS = ["vip", 'x"vip', "beta, vip", "größe", "a", "[", "%"]
LOCALES = ["", "de", "de-AT", "de_AT", "en-US", "zh-Hans-CN", "ca-ES-valencia", "den"]
ZONES = ["", "Europe/Vienna", "Europe/Zurich", "America/Lima"]
VERSIONS = ["", "9", "10", "10.0", "10.2", "17.10.1", "17.9", "1.2.3.4.5", "4.0-beta"]
DAYS = ["2026-10-21", "2026-11-18", "2026-11-19", "2026-11-20", "2026-12-02"]


@pytest.fixture
def crowd(db: None) -> list[AppUser]:
    """Eighty random people with up to three phones, the same at each run."""
    return populate(random.Random(5))  # noqa: S311


def populate(dice: random.Random) -> list[AppUser]:
    people = []
    for number in range(80):
        held = [name for name in ATTRIBUTES if dice.random() < 0.6]
        person = make_user(
            f"crowd-{number}",
            attributes={name: dice.choice(ATTRIBUTES[name]) for name in held},
            tags=dice.sample(TAGS, dice.randrange(3)),
            locale=dice.choice(LOCALES),
            timezone=dice.choice(ZONES),
            created_at=NOW - timedelta(hours=dice.randrange(2_000)),
            last_seen_at=dice.choice([None, NOW - timedelta(hours=dice.randrange(2_000))]),
        )
        for _ in range(dice.randrange(4)):
            make_device(
                person,
                platform=dice.choice(["ios", "android"]),
                system=dice.choice(["authorized", "denied", "provisional", "not_determined"]),
                os_version=dice.choice(VERSIONS),
                app_version=dice.choice(VERSIONS),
                locale=dice.choice(LOCALES),
                timezone=dice.choice(ZONES),
                opted_out=dice.random() < 0.2,
                state=dice.choice(["active", "active", "active", "invalid"]),
            )
        people.append(person)
    return people


# ---------------------------------------------------------------- random rules
def values(one: st.SearchStrategy[Any], op: str) -> st.SearchStrategy[Any]:
    if op == "exists":
        return st.booleans()
    if op in ("in_last", "not_in_last"):
        return st.integers(1, 60)
    if op == "one_of":
        return st.lists(one, min_size=1, max_size=3)
    if op == "between":
        return st.tuples(one, one).map(lambda pair: sorted(pair))
    return one


@st.composite
def condition(draw: Any) -> dict[str, Any]:
    name = draw(st.sampled_from(sorted(audiences.FIELDS)))
    field = audiences.FIELDS[name]
    if field.type == "own":
        name, field = "tag", audiences.FIELDS["tag"]
    extra = {}
    if name == "attribute":
        kind = draw(st.sampled_from(["string", "number", "boolean", "date"]))
        named = draw(st.sampled_from(sorted(ATTRIBUTES)))
        extra = {"name": named, "type": kind}
        ops = OPS_OF[kind]
        one = {
            "string": st.sampled_from(
                [v for v in ATTRIBUTES[named] if isinstance(v, str) and v] or ["x"]
            ),
            "number": st.sampled_from([-4, 0, 18, 30, 30.5, 31]),
            "boolean": st.booleans(),
            "date": st.sampled_from(DAYS),
        }[kind]
    else:
        ops = field.ops
        one = st.sampled_from(SAMPLES.get(name) or sorted(field.choices))
    op = draw(st.sampled_from(ops))
    return {"field": name, "op": op, "value": draw(values(one, op))} | extra


OPS_OF = audiences.checking.OPS_OF
SAMPLES: dict[str, list[str]] = {
    "tag": TAGS,
    "locale": ["de", "de-AT", "DE-at", "zh-Hans", "en"],
    "country": ["AT", "US", "CN", "ES"],
    "timezone": ["Europe/Vienna", "Europe/", "America/Lima"],
    "registered": DAYS,
    "last_seen": DAYS,
    "os_version": ["9", "10", "10.0.0", "17.9", "17.10"],
    "app_version": ["9", "10.1", "17.9.9"],
}
groups = st.sampled_from(["all", "any", "none"])
nested = st.builds(lambda g, c: {g: c}, groups, st.lists(condition(), min_size=1, max_size=3))
rules = st.builds(
    lambda group, items: {"version": 1, group: items},
    groups,
    st.lists(st.one_of(condition(), nested), max_size=3),
)


@settings(
    max_examples=examples(100),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(rules=rules)
def test_a_rule_finds_whom_a_plain_reading_finds(crowd, rules):
    phones: dict[int | None, list[Device]] = {}
    for device in Device.objects.filter(owner__in=crowd):
        phones.setdefault(device.owner_id, []).append(device)

    found = set(audiences.those(rules, NOW).values_list("user_id", flat=True))

    expected = {p.user_id for p in crowd if is_in(rules, p, phones.get(p.pk, []), NOW)}
    assert found == expected


def test_phones_of_an_audience_are_all_phones_of_its_people(crowd):
    audience = Audience.objects.create(name="Pro", rules=ruled(plan_is("pro")))

    people = audiences.people(audience, NOW)
    devices = audiences.devices(audience, NOW)

    assert people.exists()
    assert set(devices) == set(Device.objects.filter(owner__in=people))
    assert audiences.count(audience, NOW) == people.count()
    assert all(audiences.contains(audience, one.user_id, NOW) for one in people)
    assert len(audiences.sample(audience, 2, NOW)) == 2


def test_one_phone_has_to_fit_all_conditions_on_phones():
    both = make_user("both")
    make_device(both, platform="ios", app_version="1.0")
    make_device(both, platform="android", app_version="9.0")
    fitting = make_user("fitting")
    make_device(fitting, platform="ios", app_version="9.0")

    found = audiences.those(
        ruled(
            {"field": "platform", "op": "is", "value": "ios"},
            {"field": "app_version", "op": "more", "value": "2"},
        )
    )

    assert list(found) == [fitting]


# ---------------------------------------------------------------- exclude and lists
def test_the_people_of_an_excluded_audience_are_left_out_even_when_it_is_a_list():
    vip, plain = make_user("vip"), make_user("plain")
    vips = Audience.objects.create(name="VIPs", rules={"version": 1, "list": True})
    vips.members.create(user=vip)
    everyone = Audience.objects.create(
        name="All", rules={"version": 1, "all": [], "exclude": vips.pk}
    )

    assert list(audiences.people(vips)) == [vip]
    assert list(audiences.people(everyone)) == [plain]


# ---------------------------------------------------------------- refused
def ruled(*conditions: Any, group: str = "all", **more: Any) -> dict[str, Any]:
    return {"version": 1, group: list(conditions)} | more


def plan_is(value: Any, **more: Any) -> dict[str, Any]:
    return {
        "field": "attribute",
        "name": "plan",
        "type": "string",
        "op": "is",
        "value": value,
    } | more


VALUE = "rules.all.0.value"
REFUSED = [
    ("everyone", "rules", "Rules are an object"),
    ([], "rules", "Rules are an object"),
    ({}, "rules.version", "not version 1"),
    ({"version": True, "all": []}, "rules.version", "not version 1"),
    ({"version": 2, "all": []}, "rules.version", "not version 1"),
    ({"version": 1}, "rules", "exactly one of all, any, none or list"),
    ({"version": 1, "all": [], "any": []}, "rules", "exactly one"),
    ({"version": 1, "all": [], "sql": "1=1"}, "rules.sql", "Rules have no 'sql'"),
    ({"version": 1, "list": "yes"}, "rules.list", "list: true"),
    (ruled({"any": [{"all": []}]}), "rules.all.0.any.0", "not further groups"),
    (ruled({"any": []}), "rules.all.0.any", "empty"),
    (ruled("1=1"), "rules.all.0", "an object"),
    (ruled({"field": "password", "op": "is", "value": "x"}), "rules.all.0.field", "no field"),
    (ruled({"field": ["tag"], "op": "is", "value": "x"}), "rules.all.0.field", "no field"),
    (ruled(plan_is("pro", name='p" OR 1=1')), "rules.all.0.name", "no quotes"),
    (ruled(plan_is("pro", name="plann")), "rules.all.0.name", "Did you mean plan?"),
    (ruled(plan_is("pro", type="json")), "rules.all.0.type", "one of string"),
    (ruled(plan_is(5, type="number")), "rules.all.0.type", "plan is text"),
    (ruled(plan_is(5)), VALUE, "This is a text"),
    (ruled(plan_is("x\x00")), VALUE, "1 to 200 characters"),
    (ruled(plan_is("pro", op="like")), "rules.all.0.op", "can’t be asked here"),
    (ruled(plan_is("pro", op=["is"])), "rules.all.0.op", "can’t be asked here"),
    (ruled(plan_is("pro", also=1)), "rules.all.0.also", "no such part"),
    (ruled(plan_is(["x"] * 10_000, op="one_of")), VALUE, "10,000 values; 1,000 is the most"),
    (ruled(plan_is([], op="one_of")), VALUE, "at least one value"),
    (ruled(*[plan_is("pro")] * 51), "rules", "51 conditions; 50 is the most"),
    (ruled(*[plan_is("pro")] * 10_000), "rules", "10,000 conditions; 50 is the most"),
    (ruled({"field": "country", "op": "is", "value": "Austria"}), VALUE, "two capitals"),
    (ruled({"field": "platform", "op": "is", "value": "windows"}), VALUE, "ios, android"),
    (ruled({"field": "os_version", "op": "more", "value": "new"}), VALUE, "such as 17.2"),
    (ruled({"field": "last_seen", "op": "in_last", "value": 0}), VALUE, "from 1 to 3,650"),
    (ruled({"field": "last_seen", "op": "in_last", "value": True}), VALUE, "from 1 to 3,650"),
    (ruled({"field": "last_seen", "op": "less", "value": "2026-02-30"}), VALUE, "that exists"),
    (
        ruled({"field": "registered", "op": "between", "value": ["2026-02-03", "2026-01-01"]}),
        VALUE,
        "lower value comes first",
    ),
    (ruled(exclude=999_999), "rules.exclude", "There is no audience 999999"),
    (ruled(exclude="VIPs"), "rules.exclude", "by its number"),
]  # fmt: skip


@pytest.mark.parametrize(("rules", "path", "words"), REFUSED, ids=lambda x: str(x)[:50])
def test_what_is_no_rule_is_refused_on_its_path_in_a_sentence(rules, path, words):
    make_user("ann", attributes={"plan": "pro"})

    with pytest.raises(ValidationError) as refused:
        audiences.check(rules)

    assert words in " ".join(refused.value.message_dict[path])


def test_an_audience_cannot_exclude_itself_not_even_by_way_of_another():
    first = Audience.objects.create(name="First", rules=ruled())
    second = Audience.objects.create(name="Second", rules=ruled(exclude=first.pk))

    for excluded in (first, second):
        with pytest.raises(ValidationError, match="can’t exclude itself"):
            audiences.check(ruled(exclude=excluded.pk), first)


def test_text_that_looks_like_sql_is_only_text():
    make_user("ann", attributes={"it's %s; --": "x' OR 1=1 --"}, tags=["'); DROP TABLE x; --"])
    make_user("ben", attributes={"it's %s; --": "x"})
    named = {"field": "attribute", "name": "it's %s; --", "type": "string", "op": "is"}

    for item in (
        {**named, "value": "x' OR 1=1 --"},
        {**named, "op": "contains", "value": "1=1"},
        {"field": "tag", "op": "is", "value": "'); DROP TABLE x; --"},
    ):
        found = audiences.those(audiences.check(ruled(item)))
        assert [one.user_id for one in found] == ["ann"]
