"""Permission prompts: the list, and the editor with its triggers and languages."""

import re
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from console.forms import prompt_rules
from devices.models import Audience, Prompt, PromptDay
from devices.prompts import keeping
from notifications.models import AuditEntry
from tests.console.staff import client_of

pytestmark = pytest.mark.django_db
APP_OPEN = {"way": "0", "kind": "app_open"}


def form(*rows: dict[str, str], **more: Any) -> dict[str, Any]:
    """The editor as posted: what the template gives, and one row when none is named."""
    conditions = rows or (APP_OPEN,)
    posted: dict[str, Any] = keeping.TEMPLATE | {
        "layout": "modal", "to": "all", "systems": "all", "frequency": "multiple",
        "max_displays": "9999", "gap": "14", "gap_unit": "days", "priority": "0",
        "holdout_pct": "10", "include_provisional": "on", "fallback_to_settings": "on",
        "auto_pause": "on", "pause_share": "30", "pause_min_asks": "100",
        "languages": "0", "rows": str(len(conditions)), "save": "1",
    }  # fmt: skip
    for index, row in enumerate(conditions):
        posted |= {f"row-{index}-{key}": value for key, value in row.items()}
    return posted | more


def picture() -> SimpleUploadedFile:
    out = BytesIO()
    Image.new("RGB", (400, 200), "#27407f").save(out, "JPEG")
    return SimpleUploadedFile("snow.jpg", out.getvalue(), "image/jpeg")


def make_prompt(**fields: Any) -> Prompt:
    return keeping.create(keeping.TEMPLATE | fields)


# ---------------------------------------------------------------- the list


def test_an_empty_list_offers_the_template_and_what_the_app_must_do_first():
    client = client_of("marketer")

    page = client.get("/prompts/").content.decode()

    assert "Push Permission Prompt" in page
    assert "Remove every automatic prompt" in page
    template = client.get("/prompts/new/?from=template").content.decode()
    assert keeping.TEMPLATE["title"] in template


def test_a_viewer_is_offered_nothing_to_change():
    page = client_of("viewer").get("/prompts/").content.decode()

    assert "/prompts/new/" not in page


def test_the_list_tells_a_share_only_from_thirty_phones_on():
    few, many = make_prompt(name="Few"), make_prompt(name="Many")
    for prompt, shown in ((few, 29), (many, 30)):
        PromptDay.objects.create(
            prompt=prompt, version=1, platform="ios", day=timezone.now().date(),
            shown=shown, converted=6, burned=4,
        )  # fmt: skip

    page = client_of("viewer").get("/prompts/").content.decode()

    assert "6 of 29" in page
    assert "too few for a share" in page
    assert "20\u202f%" in page
    assert "21\u202f%" not in page


def test_the_list_asks_as_often_for_many_prompts_as_for_one(django_assert_max_num_queries):
    client = client_of("viewer")
    make_prompt(name="One")
    client.get("/prompts/")
    for number in range(12):
        make_prompt(name=f"More {number}")

    with django_assert_max_num_queries(14):
        client.get("/prompts/")


def test_archived_prompts_are_out_of_the_way_and_still_there():
    prompt = make_prompt(name="Last winter")
    keeping.move(prompt, "archive", now=timezone.now())
    client = client_of("viewer")

    assert "Last winter" not in client.get("/prompts/").content.decode()
    assert "Last winter" in client.get("/prompts/?archived").content.decode()


# ---------------------------------------------------------------- writing one


def test_a_marketer_writes_a_prompt_and_it_is_a_draft():
    client = client_of("marketer")

    saved = client.post("/prompts/new/", form(), follow=True)

    prompt = Prompt.objects.get()
    assert saved.redirect_chain[-1][0] == f"/prompts/{prompt.pk}/"
    assert prompt.status == "draft"
    assert prompt.platforms == ["ios", "android"]
    assert (prompt.gap_seconds, prompt.max_displays) == (14 * 86_400, 9_999)
    assert (prompt.holdout_pct, prompt.pause_share) == (10, 30)
    assert prompt.triggers == [[{"kind": "app_open"}]]
    assert AuditEntry.objects.get().action == "made a prompt"


def test_everything_that_is_set_comes_back_in_the_editor():
    audience = Audience.objects.create(name="Hikers", rules={"version": 1, "all": []})
    client = client_of("marketer")
    client.post(
        "/prompts/new/",
        form(
            {"way": "0", "kind": "session_time", "seconds": "60"},
            {"way": "0", "kind": "custom", "key": "plan", "op": "=", "value": "pro"},
            {"way": "1", "kind": "event", "name": "hut_saved", "where": "nights > 2, hut = alm"},
            layout="card", to="audience", audience=str(audience.pk), systems="ios",
            min_app_version="4.2", frequency="multiple", max_displays="3", gap="36",
            gap_unit="hours", starts_at="2026-11-30T09:00", ends_at="2026-12-30T09:00",
            priority="7", auto_pause="",
        ),
    )  # fmt: skip
    prompt = Prompt.objects.get()

    page = client.get(f"/prompts/{prompt.pk}/edit/").content.decode()

    assert prompt.audience == audience
    assert prompt.platforms == ["ios"]
    assert (prompt.layout, prompt.priority, prompt.max_displays) == ("card", 7, 3)
    assert prompt.gap_seconds == 36 * 3600
    assert prompt.starts_at == datetime(2026, 11, 30, 9, tzinfo=UTC)
    assert prompt.pause_share is None
    assert prompt.triggers == [
        [
            {"kind": "session_time", "seconds": 60},
            {"kind": "custom", "key": "plan", "op": "=", "value": "pro"},
        ],
        [
            {
                "kind": "event",
                "name": "hut_saved",
                "where": {"nights": {"op": ">", "value": 2}, "hut": "alm"},
            }
        ],
    ]
    for shown in ('value="36"', 'value="hut_saved"', "nights &gt; 2", "hut = alm", 'value="plan"'):
        assert shown in page


def test_a_prompt_speaks_other_languages():
    texts = {
        "lang-0-code": "de",
        "lang-0-title": "Erfahre es sofort",
        "lang-0-dismiss_label": "Nein",
    }

    client_of("marketer").post("/prompts/new/", form(languages="1", **texts))

    assert Prompt.objects.get().locales == {
        "de": {"title": "Erfahre es sofort", "dismiss_label": "Nein"}
    }


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        ({"lang-0-code": "", "lang-0-title": "Hallo"}, "Which language is it?"),
        ({"lang-0-code": "deutsch!", "lang-0-title": "Hallo"}, "is no language"),
        ({"lang-0-code": "de", "lang-0-title": "x" * 81}, "80 is the most"),
    ],
)
def test_a_language_that_is_not_right_is_said_and_nothing_is_lost(texts, told):
    answer = client_of("marketer").post("/prompts/new/", form(languages="1", **texts))

    page = answer.content.decode()
    assert answer.status_code == 422
    assert told in page
    assert texts["lang-0-title"] in page
    assert not Prompt.objects.exists()


def test_a_picture_is_kept_while_something_else_is_wrong():
    client = client_of("marketer")

    wrong = client.post("/prompts/new/", form(title="", image=picture()))
    kept = re.search(r'name="image_kept" value="([^"]+)"', wrong.content.decode())
    assert kept is not None
    client.post("/prompts/new/", form(image_kept=kept[1]))

    assert Prompt.objects.get().image.endswith(".jpg")


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"title": ""}, "Write the title."),
        ({"name": ""}, "Give it a name"),
        ({"accept_label": "x" * 31}, "30 is the most"),
        ({"to": "audience"}, "Choose a saved audience."),
        ({"max_displays": "10000"}, "from 1 to 9,999"),
        ({"gap": "-1"}, "from 0 to"),
        ({"holdout_pct": "51"}, "from 0 to 50"),
        ({"priority": "high"}, "Enter a whole number."),
        ({"min_app_version": "four"}, "A version is"),
        ({"starts_at": "2026-12-01T10:00", "ends_at": "2026-12-01T09:00"}, "not after the start"),
        ({"rows": "0"}, "Say when it may come up"),
        ({"systems": "windows"}, "Select a valid choice"),
    ],
)
def test_what_is_not_right_is_said_beside_it_and_nothing_is_saved(more, told):
    answer = client_of("marketer").post("/prompts/new/", form(**more))

    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert not Prompt.objects.exists()


def test_a_condition_that_is_not_right_is_marked_in_its_row():
    rows = (APP_OPEN, {"way": "0", "kind": "session_time", "seconds": "soon"})

    page = client_of("marketer").post("/prompts/new/", form(*rows)).content.decode()

    assert 'id="row-1-err"' in page
    assert 'id="row-0-err"' not in page


def test_the_same_name_twice_is_refused():
    client = client_of("marketer")
    client.post("/prompts/new/", form())

    again = client.post("/prompts/new/", form())

    assert again.status_code == 422
    assert "already a prompt named" in again.content.decode()
    assert Prompt.objects.count() == 1


# ---------------------------------------------------------------- without JavaScript


def test_conditions_ways_and_languages_come_and_go_with_all_that_was_typed():
    client = client_of("marketer")
    typed = form(APP_OPEN, title="Half a thought")

    way = client.post("/prompts/new/", typed | {"add_way": "1"}).content.decode()
    more = client.post("/prompts/new/", typed | {"add_condition": "0"}).content.decode()
    gone = client.post("/prompts/new/", typed | {"remove_condition": "0"}).content.decode()
    language = client.post("/prompts/new/", typed | {"add_language": "1"}).content.decode()

    assert [page.count("<legend>Or when</legend>") for page in (way, more, gone)] == [1, 0, 0]
    assert [page.count('-kind" name=') for page in (way, more, gone)] == [2, 2, 0]
    assert 'name="lang-0-code"' in language
    assert all("Half a thought" in page for page in (way, more, gone, language))
    assert not Prompt.objects.exists()


def test_another_kind_of_condition_has_other_fields():
    rows = [{"way": "0", "kind": kind} for kind, _ in prompt_rules.KINDS]

    page = client_of("marketer").post("/prompts/new/", form(*rows, redraw="1")).content.decode()

    for name in ("row-1-seconds", "row-2-name", "row-2-where", "row-3-key", "row-3-value"):
        assert f'name="{name}"' in page
    assert 'name="row-0-seconds"' not in page


@pytest.mark.parametrize("hostile", ["9" * 30, "-1", "٣"])
def test_a_form_from_elsewhere_breaks_nothing(hostile):
    client = client_of("marketer")
    names = (
        "rows",
        "languages",
        "row-0-way",
        "remove_condition",
        "add_condition",
        "remove_language",
    )

    for name in names:
        posted = form() | {name: hostile}
        assert client.post("/prompts/new/", posted).status_code in (200, 302, 422)


def test_the_preview_draws_what_is_typed_and_for_whom():
    client = client_of("marketer")

    typed = client.post("/prompts/preview/", form(title="<b>Snow</b>", systems="android"))

    page = typed.content.decode()
    assert "&lt;b&gt;Snow&lt;/b&gt;" in page
    assert "Allow Your app to send you notifications?" in page
    assert "Would Like to Send You" not in page
    assert client.get("/prompts/preview/").status_code == 405


# ---------------------------------------------------------------- changing one


def test_a_change_while_live_makes_the_next_version():
    prompt = make_prompt()
    keeping.move(prompt, "live", now=timezone.now())

    client_of("marketer").post(f"/prompts/{prompt.pk}/edit/", form(title="Snow is coming"))

    prompt.refresh_from_db()
    assert (prompt.title, prompt.version, prompt.status) == ("Snow is coming", 2, "live")
    assert AuditEntry.objects.get().facts == {"version": {"before": 1, "after": 2}}


def test_saving_the_same_twice_changes_nothing_more():
    prompt = make_prompt()
    keeping.move(prompt, "live", now=timezone.now())
    client = client_of("marketer")

    for _ in range(2):
        client.post(f"/prompts/{prompt.pk}/edit/", form(title="Snow is coming"))

    prompt.refresh_from_db()
    assert prompt.version == 2


def test_who_comes_second_is_told_and_loses_nothing():
    prompt = make_prompt()
    seen = prompt.changed_at.isoformat()
    keeping.change(prompt, {"title": "Theirs"})

    answer = client_of("marketer").post(
        f"/prompts/{prompt.pk}/edit/", form(title="Mine", seen_at=seen)
    )

    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Somebody else changed" in page
    assert 'value="Mine"' in page
    prompt.refresh_from_db()
    assert prompt.title == "Theirs"


def test_an_archived_prompt_is_not_changed_any_more():
    prompt = make_prompt()
    keeping.move(prompt, "archive", now=timezone.now())
    client = client_of("marketer")

    answers = [
        client.get(f"/prompts/{prompt.pk}/edit/"),
        client.post(f"/prompts/{prompt.pk}/edit/", form()),
    ]

    assert [answer.headers["Location"] for answer in answers] == [f"/prompts/{prompt.pk}/"] * 2
    assert "can’t be changed" in client.get(f"/prompts/{prompt.pk}/").content.decode()


def test_the_editor_names_live_prompts_that_overlap_with_their_priority():
    other = make_prompt(name="First order", priority=5)
    keeping.move(other, "live", now=timezone.now())
    prompt = make_prompt(name="Mine")

    page = client_of("marketer").get(f"/prompts/{prompt.pk}/edit/").content.decode()

    assert "First order</a> (priority 5)" in page


@pytest.mark.parametrize("role", ["viewer", "support"])
def test_who_may_not_broadcast_may_not_write_prompts(role):
    prompt = make_prompt()
    client = client_of(role)

    answers = [
        client.post("/prompts/new/", form(name="Another")),
        client.post(f"/prompts/{prompt.pk}/edit/", form(title="Mine")),
        client.post("/prompts/preview/", form()),
    ]

    assert [answer.status_code for answer in answers] == [403] * 3
    assert Prompt.objects.get().title == keeping.TEMPLATE["title"]


# ---------------------------------------------------------------- typed values


@pytest.mark.parametrize(
    "where",
    [
        {"hut": "alm"},
        {"nights": 2, "price": 2.5, "member": True},
        {"code": "42", "flag": "true", "list": "a, b"},
        {"nights": {"op": ">", "value": 2}, "plan": {"op": "!=", "value": "pro"}},
        {"hut": {"op": "exists"}},
    ],
)
def test_what_an_event_must_have_is_read_back_as_it_was_written(where):
    assert prompt_rules.read(prompt_rules.written(where)) == where
