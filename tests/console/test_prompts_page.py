"""One permission prompt: its report, the page before it goes live, the simulator, and the verbs."""

import csv
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from console import prompt_report
from devices.models import Device, Prompt, PromptDay, PromptState
from devices.prompts import keeping
from devices.prompts.numbers import Numbers, Rate
from notifications.models import AuditEntry
from tests.console.staff import client_of
from tests.factories import make_device, make_user

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 2)
VERBS = ("pause", "archive", "duplicate", "live")


def make_prompt(status: str = "draft", **fields: Any) -> Prompt:
    prompt = keeping.create(keeping.TEMPLATE | fields)
    steps = {"draft": (), "live": ("live",), "paused": ("live", "pause"), "archived": ("archive",)}
    for verb in steps[status]:
        prompt = keeping.move(prompt, verb, now=timezone.now())
    return prompt


def count(
    prompt: Prompt, day: date = DAY, *, platform: str = "ios", version: int = 1, **n: int
) -> None:
    PromptDay.objects.create(prompt=prompt, version=version, platform=platform, day=day, **n)


def page_of(prompt: Prompt, query: str = "", client: Client | None = None) -> str:
    client = client or client_of("viewer")
    return str(client.get(f"/prompts/{prompt.pk}/{query}").content.decode())


def do(client: Client, prompt: Prompt, verb: str) -> Any:
    answer = client.post(f"/prompts/{prompt.pk}/{verb}/")
    prompt.refresh_from_db()
    return answer


# ---------------------------------------------------------------- the report


def test_a_prompt_nobody_saw_says_so_and_what_to_do():
    page = page_of(make_prompt(), client=client_of("marketer"))

    assert "Nobody saw it yet." in page
    assert "too few for a share" in page
    assert "No ask spent yet." in page
    assert "Set live…" in page


def test_the_report_gives_each_share_with_its_n_and_interval():
    prompt = make_prompt("live", holdout_pct=10)
    count(
        prompt, eligible=1248, eligible_allowed=361, held_out=120, held_out_allowed=3, shown=960,
        tapped=492, asked=437, granted=339, sent_to_settings=55, recovered=22, converted=361,
        asks=437, grants=339, burned=86, swiped=12, impressions=1200,
    )  # fmt: skip

    page = page_of(prompt)

    assert "37.6\u202f%" in page
    assert "361 of 960 phones" in page
    assert "34.6 to 40.7\u202f%" in page
    assert "it adds <b>26.4 points</b>" in page
    assert "51\u202f% of those" in page
    assert "78\u202f% of asked" in page
    assert "86 asks spent on a “no”." in page
    assert "19.7\u202f% of all 437 dialogs" in page


def test_under_thirty_phones_no_share_is_told():
    prompt = make_prompt("live")
    count(prompt, eligible=29, shown=29, tapped=20, asked=20, granted=10, converted=10, asks=20)

    page = page_of(prompt)

    assert "10 of 29" in page
    assert "No day has 30 phones yet" in page
    report = page.split('aria-labelledby="bd"')[0]
    assert "% of those" not in report
    assert "% of asked" not in report


def test_versions_and_systems_stand_side_by_side_and_days_in_a_table():
    prompt = make_prompt("live")
    count(prompt, version=1, shown=100, converted=40)
    count(prompt, DAY + timedelta(days=1), version=2, platform="android", shown=50, converted=10)

    page = page_of(prompt)

    for told in ("By system", "By version", "Version 2", "Mon 2 Nov 2026", "30.9 to 49.8"):
        assert told in page


def test_the_filters_count_only_what_they_name_and_the_file_follows():
    prompt = make_prompt("live")
    keeping.change(prompt, {"title": "Snow"})
    count(prompt, version=1, shown=100, converted=40)
    count(prompt, DAY + timedelta(days=9), version=2, platform="android", shown=60, converted=30)

    by_version = page_of(prompt, "?version=2")
    by_platform = page_of(prompt, "?platform=ios", client_of("viewer", "v2"))
    by_day = page_of(prompt, "?from=2026-11-05&to=2026-11-30", client_of("viewer", "v3"))
    nonsense = page_of(prompt, "?version=x&platform=beos&from=soon&to=", client_of("viewer", "v4"))

    assert "30 of 60 phones" in by_version
    assert "40 of 100 phones" in by_platform
    assert "30 of 60 phones" in by_day
    assert "70 of 160 phones" in nonsense
    assert "/export/?version=2" in by_version


def test_the_file_has_every_count_of_every_day_and_no_formulas():
    prompt = make_prompt("live")
    count(prompt, shown=7, converted=2)

    answer = client_of("viewer").get(f"/prompts/{prompt.pk}/export/")

    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    header, row = csv.reader(text.splitlines())
    assert answer.headers["Content-Disposition"] == f'attachment; filename="prompt-{prompt.pk}.csv"'
    told = dict(zip(header, row, strict=True))
    assert (told["day"], told["version"], told["platform"]) == ("2026-11-02", "1", "ios")
    assert (told["shown"], told["converted"]) == ("7", "2")
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row)


def test_a_prompt_that_paused_itself_says_why():
    prompt = make_prompt("live")
    keeping.move(prompt, "pause", now=timezone.now(), reason="burned")

    assert "It paused itself." in page_of(prompt)


def test_texts_of_people_stay_texts():
    prompt = make_prompt(name="<i>Snow</i>", title="<script>1</script>", body="<b>x</b>")

    page = page_of(prompt)

    assert "<script>1" not in page
    assert "<i>Snow" not in page
    assert "&lt;b&gt;x" in page


def test_small_things_stay_visible_and_nothing_leaves_the_bar():
    prompt = Prompt(accept_label="Yes")
    rows = prompt_report.funnel(prompt, Numbers(eligible=10_000, shown=1, tapped=1, asked=1))

    widths = [float(width[:-1]) for row in rows for _, _, _, width in row.parts]
    assert min(widths) == 0.45
    assert max(widths) == 100.0


@pytest.mark.parametrize(
    ("rates", "scale"),
    [
        ([], 5),
        ([Rate(1, 2)], 5),
        ([Rate(10, 1000)], 5),
        ([Rate(10, 1000), Rate(180, 1000)], 50),
        ([Rate(29, 30)], 100),
    ],
)
def test_the_scale_is_the_smallest_round_one_that_holds_them_all(rates, scale):
    assert prompt_report.scale_of(rates) == scale


# ---------------------------------------------------------------- before it goes live


def make_phones() -> None:
    make_device(make_user("ann"), platform="ios", system="not_determined")
    make_device(make_user("ben"), platform="android", system="not_determined")
    make_device(make_user("cleo"), platform="android", system="denied", perm_denials=2)
    make_device(make_user("dan"), platform="ios", system="authorized")


def test_before_it_goes_live_it_tells_the_asks_that_are_left_and_what_to_think_about():
    make_phones()
    other = make_prompt("live", name="First order", priority=3)
    prompt = make_prompt(frequency="every_time")

    page = client_of("marketer").get(f"/prompts/{prompt.pk}/live/").content.decode()

    assert '<b class="num">3</b> of 4 phones would see it' in page
    assert "2 of those could still be asked by the phone; 1 would be sent to its settings." in page
    assert "Already allowed" in page
    assert "too aggressive" in page
    assert f"{other.name} is live for some of the same phones, with priority 3." in page
    assert "Remove every automatic prompt." in page
    prompt.refresh_from_db()
    assert prompt.status == "draft"


def test_the_budget_comes_alone_for_the_page_that_asks_for_it():
    make_phones()

    page = client_of("viewer").get(f"/prompts/{make_prompt().pk}/budget/").content.decode()

    assert "would see it" in page
    assert "<html" not in page


def test_setting_live_is_done_once_and_noted():
    prompt = make_prompt()
    client = client_of("marketer")

    do(client, prompt, "live")
    first = prompt.live_at
    again = client.post(f"/prompts/{prompt.pk}/live/", follow=True)

    prompt.refresh_from_db()
    assert (prompt.status, prompt.live_at) == ("live", first)
    assert "can’t be set live" in again.content.decode()
    assert [entry.action for entry in AuditEntry.objects.all()] == ["set a prompt live"]


def test_a_prompt_whose_end_is_over_does_not_go_live():
    now = timezone.now()
    prompt = make_prompt(starts_at=now - timedelta(days=9), ends_at=now - timedelta(days=1))

    answer = client_of("marketer").post(f"/prompts/{prompt.pk}/live/", follow=True)

    prompt.refresh_from_db()
    assert prompt.status == "draft"
    assert "The end is in the past." in answer.content.decode()


def test_a_live_prompt_has_no_page_for_going_live():
    prompt = make_prompt("live")

    answer = client_of("marketer").get(f"/prompts/{prompt.pk}/live/")

    assert answer.headers["Location"] == f"/prompts/{prompt.pk}/"


# ---------------------------------------------------------------- one person


@pytest.mark.parametrize(
    ("user_id", "told"),
    [
        ("ann", "A yes brings up the phone’s own dialog."),
        ("cleo", "A yes opens the phone’s settings"),
        ("dan", "The system allows notifications on this phone already"),
        ("users/ann", "A yes brings up the phone’s own dialog."),
        ("nobody", "We don’t know"),
        ("eve", "has no phone"),
    ],
)
def test_the_simulator_answers_for_each_phone_of_a_person(user_id, told):
    make_phones()
    make_user("eve")
    prompt = make_prompt("live")

    assert told in page_of(prompt, f"?user_id={user_id}")


def test_the_simulator_answers_for_a_draft_too():
    make_phones()
    prompt = make_prompt()

    answer = client_of("marketer").get(f"/prompts/{prompt.pk}/live/?user_id=ann")

    assert "yes, when the app is opened." in answer.content.decode()


def test_a_persons_page_tells_of_each_live_prompt_on_each_phone():
    make_phones()
    prompt = make_prompt("live", name="Snow and huts")
    PromptState.objects.create(
        device=Device.objects.get(owner__user_id="ann"), prompt=prompt, platform="ios", displays=2,
        last_display_at=timezone.now() - timedelta(days=2),
    )  # fmt: skip
    client = client_of("support")

    ann = client.get("/people/ann/").content.decode()
    dan = client.get("/people/dan/").content.decode()

    assert "Snow and huts</a> on iPhone" in ann
    assert "the gap until the next time is not over" in ann
    assert "Seen 2 times" in ann
    assert "such a phone never sees a prompt" in dan


def test_a_persons_page_says_nothing_while_no_prompt_is_live():
    make_phones()
    make_prompt()

    assert (
        "If the app were opened now:"
        not in client_of("support").get("/people/ann/").content.decode()
    )


# ---------------------------------------------------------------- pause, archive, duplicate


@pytest.mark.parametrize(
    ("verb", "before", "after"), [("pause", "live", "paused"), ("archive", "paused", "archived")]
)
def test_a_verb_does_it_once_and_says_so_the_second_time(verb, before, after):
    prompt = make_prompt(before)
    client = client_of("marketer")

    do(client, prompt, verb)
    again = client.post(f"/prompts/{prompt.pk}/{verb}/", follow=True)

    prompt.refresh_from_db()
    assert prompt.status == after
    assert "can’t be" in again.content.decode()
    assert AuditEntry.objects.count() == 1


@pytest.mark.parametrize("verb", ["pause", "live"])
def test_an_archived_prompt_stays_archived(verb):
    prompt = make_prompt("archived")

    do(client_of("marketer"), prompt, verb)

    assert prompt.status == "archived"


def test_a_duplicate_is_a_draft_of_its_own_each_time():
    prompt = make_prompt("live", title="Snow")
    client = client_of("marketer")

    for _ in range(2):
        answer = do(client, prompt, "duplicate")

    copies = Prompt.objects.exclude(pk=prompt.pk).order_by("pk")
    assert [copy.name for copy in copies] == [f"{prompt.name} (copy)", f"{prompt.name} (copy 2)"]
    assert {(copy.status, copy.title) for copy in copies} == {("draft", "Snow")}
    assert answer.headers["Location"] == f"/prompts/{copies[1].pk}/edit/"


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("role", ["viewer", "support"])
def test_who_may_not_broadcast_may_not_move_prompts(verb, role):
    prompt = make_prompt("live")

    assert do(client_of(role), prompt, verb).status_code == 403
    assert prompt.status == "live"
    assert Prompt.objects.count() == 1


@pytest.mark.parametrize("verb", ["pause", "archive", "duplicate"])
def test_looking_moves_nothing(verb):
    prompt = make_prompt("live")

    assert client_of("admin").get(f"/prompts/{prompt.pk}/{verb}/").status_code == 405


@pytest.mark.parametrize("path", ["", "edit/", "live/", "budget/", "export/"])
def test_what_is_not_there_is_404(path):
    assert client_of("admin").get(f"/prompts/{10**12}/{path}").status_code == 404
