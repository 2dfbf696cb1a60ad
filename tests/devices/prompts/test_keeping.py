"""Prompts made, changed, and moved from draft to archive."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from devices.audiences import keeping as audiences
from devices.models import Prompt
from devices.prompts import checking, keeping
from devices.prompts.keeping import TEMPLATE, Conflict, WrongState
from tests.factories import make_user

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def make(**fields) -> Prompt:
    return keeping.create(TEMPLATE | fields)


def refused(**fields) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as error:
        checking.check(TEMPLATE | fields)
    return error.value.message_dict


def test_the_template_is_a_whole_prompt_with_the_advised_frequency():
    prompt = make()

    assert (prompt.name, prompt.status, prompt.version) == ("Push Permission Prompt", "draft", 1)
    assert (prompt.frequency, prompt.max_displays, prompt.gap_seconds) == (
        "multiple", 9_999, 14 * 24 * 3600,
    )  # fmt: skip
    assert prompt.triggers == [[{"kind": "app_open"}]]
    assert keeping.remarks(prompt) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "), ("name", "n" * 81), ("title", ""), ("title", "t" * 81), ("body", "b" * 501),
        ("body", "\u202egnp"), ("accept_label", " "), ("dismiss_label", "d" * 31), ("title", None),
        ("image", "ftp://example.com/a.png"), ("layout", "popup"), ("frequency", "weekly"),
        ("max_displays", 0), ("max_displays", 10_000), ("gap_seconds", -1), ("gap_seconds", 1.5),
        ("holdout_pct", 51), ("priority", True), ("pause_share", 101), ("pause_min_asks", 0),
        ("platforms", []), ("platforms", ["web"]), ("audience", 4711), ("audience", "all"),
        ("min_app_version", "4.x"), ("starts_at", "tomorrow"), ("locales", []),
        ("include_provisional", "yes"), ("triggers", []), ("colour", "red"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named(field, value):
    assert list(refused(**{field: value})) == [field]


def test_what_does_not_fit_together_is_named():
    dates = {"starts_at": NOW, "ends_at": NOW}

    assert list(refused(**dates)) == ["ends_at"]
    assert list(refused(min_app_version="4.10", max_app_version="4.9")) == ["max_app_version"]
    locales = {"de": {"title": "t" * 81}, "no language": {}, "fr": {"gap": "1"}}
    assert list(refused(locales=locales)) == [
        "locales.de.title", "locales.no language", "locales.fr",
    ]  # fmt: skip


def test_a_name_is_used_once_and_a_copy_gets_a_free_one():
    prompt = make()

    assert list(refused()) == ["name"]
    assert keeping.copy(prompt).name == "Push Permission Prompt (copy)"
    assert keeping.copy(prompt).name == "Push Permission Prompt (copy 2)"


def test_edits_of_a_draft_stay_version_1_and_edits_after_it_was_live_make_the_next():
    prompt = keeping.change(make(), {"title": "Hello"})
    assert (prompt.version, prompt.versions.get().fields["title"]) == (1, "Hello")

    live = keeping.move(prompt, "live", now=NOW)
    assert keeping.change(live, {"title": "Hello"}).version == 1
    changed = keeping.change(live, {"title": "Good morning"})
    paused = keeping.move(changed, "pause", now=NOW)
    assert keeping.change(paused, {"priority": 3}).version == 3

    assert [v.fields["title"] for v in prompt.versions.all()] == ["Good morning", "Good morning", "Hello"]  # fmt: skip


def test_two_editors_of_one_prompt_never_overwrite_each_other_silently():
    prompt = make()
    seen = prompt.changed_at
    keeping.change(prompt, {"title": "Hers"}, changed_at=seen)

    with pytest.raises(Conflict):
        keeping.change(prompt, {"title": "His"}, changed_at=seen)


# ---------------------------------------------------------------- moves
FOLLOWING = {
    "draft": {"live": "live", "archive": "archived"},
    "live": {"pause": "paused", "archive": "archived"},
    "paused": {"live": "live", "archive": "archived"},
    "archived": {},
}


@pytest.mark.parametrize("status", FOLLOWING)
@pytest.mark.parametrize("verb", keeping.MOVES)
def test_a_prompt_moves_only_as_the_table_says(status, verb):
    prompt = make()
    Prompt.objects.update(status=status)
    prompt.refresh_from_db()

    if verb in FOLLOWING[status]:
        assert keeping.can(prompt, verb)
        assert keeping.move(prompt, verb, now=NOW).status == FOLLOWING[status][verb]
        return
    assert not keeping.can(prompt, verb)
    with pytest.raises(WrongState, match="Push Permission Prompt is"):
        keeping.move(prompt, verb, now=NOW)


def test_an_archived_prompt_is_not_changed_any_more():
    prompt = keeping.move(make(), "archive", now=NOW)

    with pytest.raises(WrongState):
        keeping.change(prompt, {"title": "Hello"})


def test_what_is_over_or_has_no_audience_does_not_go_live():
    make_user("ann")
    audience = audiences.create("Ann", {"version": 1, "list": True})
    prompt = make(ends_at=NOW - timedelta(days=1), audience=audience)
    audiences.archive(audience)

    with pytest.raises(ValidationError) as error:
        keeping.move(prompt, "live", now=NOW)

    assert set(error.value.message_dict) == {"ends_at", "audience"}


def test_remarks_warn_of_what_converts_badly_and_of_live_ones_beside_it():
    keeping.move(make(name="Older", platforms=["ios"]), "live", now=NOW)
    prompt = make(frequency="every_time", fallback_to_settings=False)

    codes = [remark.code for remark in keeping.remarks(prompt)]

    assert codes == ["every_time", "no_fallback", "overlap"]
    prompt.platforms, prompt.frequency = ["android"], "once"
    assert [remark.code for remark in keeping.remarks(prompt)] == ["once", "no_fallback"]
