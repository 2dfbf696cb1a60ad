"""Compose: every field, every refusal on its field, everything typed kept; with and without htmx."""

import re
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from devices.models import Audience
from devices.models import TestDevice as StaffPhone
from notifications import lifecycle
from notifications.models import AuditEntry, Notification, Page, PageParameter
from notifications.states import NotificationStatus as S
from tests.console.staff import client_of, make_member, signed_in
from tests.factories import make_device
from tests.sending import confirm

pytestmark = pytest.mark.django_db

NEW = "/notifications/new/"
TYPES = ["String", "Integer", "Double", "Boolean", "DateTime", "LatLng", "DocumentReference"]


@pytest.fixture(autouse=True)
def _own_media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def marketer() -> Client:
    return client_of("marketer", "mia")


def typed(**fields: Any) -> dict[str, Any]:
    """A form as a person would leave it: complete, to everyone, now."""
    return {
        "title": "First snow", "body": "12 huts still have beds.", "send_to": "everyone",
        "target_os": "all", "sound": "on", "ttl_s": "259200", "when": "now", "timezone": "UTC",
        "image_kept": "", "action": "save",
    } | fields  # fmt: skip


def page_with(*types: str, required: bool = True) -> Page:
    page = Page.objects.create(name="HutDetail", description="one hut, with dates")
    for place, kind in enumerate(types):
        PageParameter.objects.create(
            page=page, name=f"p{kind}", type=kind, required=required, position=place
        )
    return page


def photo(name: str = "snow.jpg") -> SimpleUploadedFile:
    out = BytesIO()
    Image.effect_noise((800, 400), 40).convert("RGB").save(out, "JPEG")
    return SimpleUploadedFile(name, out.getvalue(), "image/jpeg")


def only() -> Notification:
    return Notification.objects.get()


def words(response: Any) -> str:
    """The page as text: tags out, spaces single."""
    html = re.sub(r"<(script|style|template)\b.*?</\1>", "", response.content.decode(), flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", html).replace("&#x27;", "'").split())


def value_of(response: Any, name: str) -> str:
    """What the field holds on the page: an input's value or a textarea's text."""
    html = response.content.decode()
    area = re.search(rf'<textarea name="{name}"[^>]*>\s*(.*?)</textarea>', html, re.S)
    if area:
        return area[1].rstrip("\n")
    field = re.search(rf'<input[^>]*name="{name}"[^>]*>', html)
    assert field, f"no field {name}"
    value = re.search(r'value="([^"]*)"', field[0])
    return value[1] if value else ""


# ---------------------------------------------------------------- the empty page


def test_the_page_has_every_field_by_its_name(marketer: Client) -> None:
    response = marketer.get(NEW)

    text = words(response)
    for label in (
        "Title", "Text", "Image", "Send to", "Everyone", "Specific users", "User references",
        "Target OS", "All", "Android", "iOS", "Initial page", "Deliver with sound",
        "Batch notifications", "When", "Now", "At a time", "Save draft", "Send test to me", "Review",
    ):  # fmt: skip
        assert label in text, label
    assert "Saved audience" not in text
    assert "style=" not in response.content.decode()


def test_looking_writes_nothing(marketer: Client) -> None:
    marketer.get(NEW)

    assert not Notification.objects.exists()


@pytest.mark.parametrize("role", ["viewer"])
def test_who_may_not_compose_is_told_so(role: str) -> None:
    client = client_of(role)

    for response in (client.get(NEW), client.post(NEW, typed())):
        assert response.status_code == 403
    assert not Notification.objects.exists()


@pytest.mark.parametrize("role", ["marketer", "support", "ops", "admin"])
def test_everyone_else_may(role: str) -> None:
    assert client_of(role).post(NEW, typed()).status_code == 302


def test_other_methods_are_refused(marketer: Client) -> None:
    assert marketer.put(NEW).status_code == 405


# ---------------------------------------------------------------- saving


def test_a_draft_holds_everything_that_was_typed(marketer: Client) -> None:
    page_with(*TYPES)
    make_device("ann")
    parameters = {
        "pString": "hello", "pInteger": "42", "pDouble": "4.5", "pBoolean": "true",
        "pDateTime": "2026-11-27T15:00", "pLatLng": "48.2,16.3", "pDocumentReference": "huts/a",
    }  # fmt: skip

    response = marketer.post(
        NEW,
        typed(
            title="  First\u202e snow ❄️ ", body="One\r\ntwo", send_to="users",
            recipients="users/ann", target_os="ios", initial_page="HutDetail", batch_mode="on",
            when="at", date="2028-01-03", time="09:30", timezone="Europe/Vienna", ttl_s="3600",
            extra="campaign = snow", sound="",
            **{f"parameter_{name}": text for name, text in parameters.items()},
        ),
    )  # fmt: skip

    draft = only()
    assert response.url == f"/notifications/{draft.uuid}/edit/"
    assert (draft.title, draft.body) == ("First snow ❄️", "One\ntwo")
    assert (draft.send_to, draft.recipients, draft.target_os) == ("users", ["ann"], "ios")
    assert (draft.initial_page, draft.parameters) == ("HutDetail", parameters)
    assert (draft.sound, draft.batch_mode, draft.ttl_s) == (False, True, 3600)
    assert draft.data == {"campaign": "snow"}
    assert draft.send_at == datetime(2028, 1, 3, 8, 30, tzinfo=UTC)
    assert draft.timezone == "Europe/Vienna"
    assert draft.author.username == "mia"


def test_a_saved_draft_is_shown_again_as_it_was(marketer: Client) -> None:
    page_with("DocumentReference")
    make_device("ann")
    marketer.post(
        NEW,
        typed(send_to="users", recipients="ann", initial_page="HutDetail", extra="a = 1",
              parameter_pDocumentReference="huts/sarnalp", when="at", date="2028-01-03",
              time="09:30", timezone="Asia/Tokyo"),
    )  # fmt: skip

    page = marketer.get(f"/notifications/{only().uuid}/edit/")

    assert value_of(page, "title") == "First snow"
    assert value_of(page, "recipients") == "ann"
    assert value_of(page, "parameter_pDocumentReference") == "huts/sarnalp"
    assert value_of(page, "extra") == "a = 1"
    assert (value_of(page, "date"), value_of(page, "time")) == ("2028-01-03", "09:30")
    assert "Mon 3 Jan 2028, 09:30 Asia/Tokyo (UTC+9) · 00:30 UTC" in words(page)


def test_a_draft_may_be_unfinished_but_not_go_to_review(marketer: Client) -> None:
    page_with("Integer")
    unfinished = typed(title="", body="", initial_page="HutDetail")

    assert marketer.post(NEW, unfinished).status_code == 302
    refused = marketer.post(NEW, unfinished | {"action": "review"})

    assert refused.status_code == 422
    assert "Title is empty. Write what people should read." in words(refused)
    assert "Text is empty. Write what people should read." in words(refused)
    assert "HutDetail needs pInteger." in words(refused)
    assert Notification.objects.count() == 1


def test_review_leads_to_the_review_page(marketer: Client) -> None:
    response = marketer.post(NEW, typed(action="review"))

    assert response.url == f"/notifications/{only().uuid}/review/"


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"title": "x" * 201}, "Title has 201 characters; 200 is the most."),
        ({"body": "x" * 1001}, "Text has 1,001 characters; 1,000 is the most."),
        ({"extra": "no sign"}, "Line 1, “no sign”: write key = value."),
        ({"extra": "from = me"}, "from is reserved by FCM. Use another key."),
        ({"extra": "initialPageName = x"}, "initialPageName is filled by Beckon itself."),
        ({"extra": '{"a": 1}'}, "FCM data values must be text"),
        ({"extra": '{"a": "\\u0000"}'}, "holds NUL or half a character"),
        ({"extra": '{"\\ud800": "a"}'}, "holds NUL or half a character"),
        ({"when": "at"}, "Choose a date, or Now."),
        ({"when": "at", "date": "2020-01-01", "time": "09:30"}, "has passed. Choose a later time"),
        ({"send_to": "users", "recipients": " ,\n "},
         "Name at least one person. Nothing here never means everyone."),
        ({"send_to": "audience"}, "Select a valid choice"),
        ({"initial_page": "Nowhere"}, "Select a valid choice"),
        ({"target_os": "palm"}, "Select a valid choice"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("action", ["save", "review"])
def test_what_is_wrong_stands_on_its_field_and_nothing_is_saved(
    marketer: Client, action: str, fields: dict[str, str], says: str
) -> None:
    response = marketer.post(NEW, typed(action=action) | fields)

    assert response.status_code == 422
    assert says in words(response)
    assert not Notification.objects.exists()
    assert value_of(response, "title") == fields.get("title", "First snow")


@pytest.mark.parametrize(
    ("kind", "text", "says"),
    [
        ("Integer", "4.5", "“4.5” is not a whole number"),
        ("Double", "many", "“many” is not a number"),
        ("Boolean", "perhaps", "Select a valid choice"),
        ("DateTime", "tomorrow", "“tomorrow” is not a date and time"),
        ("LatLng", "91,0", "latitude goes from"),
        ("DocumentReference", "huts/a/b", "even number of parts, such as huts/sarnalp. This one has 3."),
    ],
)  # fmt: skip
def test_a_parameter_of_the_wrong_kind_is_refused_on_its_field(
    marketer: Client, kind: str, text: str, says: str
) -> None:
    page_with(kind)

    response = marketer.post(
        NEW, typed(action="review", initial_page="HutDetail", **{f"parameter_p{kind}": text})
    )

    assert response.status_code == 422
    assert says in words(response)


def test_a_message_that_is_too_large_says_by_how_much(marketer: Client) -> None:
    response = marketer.post(
        NEW, typed(action="review", body="ж" * 1000, extra="a = " + "ж" * 1200)
    )

    assert response.status_code == 422
    assert "phones take 4,000. Shorten the text or the data by" in words(response)


# ---------------------------------------------------------------- people named one by one


def test_unknown_references_are_named_with_a_near_match_and_never_dropped(marketer: Client) -> None:
    make_device("hanna.k")
    make_device("jonas-p")
    asked = typed(
        send_to="users", recipients="users/hanna.k, users/Jonas-P\nnobody", action="review"
    )

    response = marketer.post(NEW, asked)

    assert response.status_code == 422
    assert (
        "We don’t know users/Jonas-P (did you mean users/jonas-p?), users/nobody. "
        "Ids are case-sensitive."
    ) in words(response)
    assert value_of(response, "recipients") == "users/hanna.k, users/Jonas-P\nnobody"
    assert "1 person · 2 unknown" in words(response)

    marketer.post(NEW, asked | {"action": "save"})

    assert only().recipients == ["hanna.k", "Jonas-P", "nobody"]
    review = marketer.get(f"/notifications/{only().uuid}/review/", follow=True)
    assert "We don’t know users/Jonas-P" in words(review)


def test_everyone_never_carries_a_list(marketer: Client) -> None:
    marketer.post(NEW, typed(send_to="everyone", recipients="ann, bob"))

    assert (only().send_to, only().recipients) == ("everyone", [])


def test_doubles_and_prefixes_are_one_person(marketer: Client) -> None:
    make_device("ann")

    marketer.post(NEW, typed(send_to="users", recipients="ann users/ann;ann"))

    assert only().recipients == ["ann"]


def test_saved_audiences_appear_with_their_page(marketer: Client, settings: Any) -> None:
    Audience.objects.create(name="Booked before")
    has_page = "audiences" in {
        getattr(one, "name", "") for one in __import__("console.urls", fromlist=["x"]).urlpatterns
    }

    assert ("Saved audience" in words(marketer.get(NEW))) is has_page


# ---------------------------------------------------------------- the picture


def test_a_picture_survives_a_refused_form(marketer: Client) -> None:
    refused = marketer.post(NEW, typed(title="", action="review", image=photo()))

    kept = value_of(refused, "image_kept")
    assert refused.status_code == 422
    assert kept
    assert "800 × 400" in words(refused)

    marketer.post(NEW, typed(image_kept=kept))

    draft = only()
    assert draft.image.startswith("images/")
    assert draft.image_facts["original"] == "snow.jpg"
    assert marketer.get(f"/media/{draft.image}").status_code == 200


def test_a_refused_picture_says_why_on_its_field(marketer: Client) -> None:
    bad = SimpleUploadedFile("logo.png", b"<svg xmlns='http://www.w3.org/2000/svg'></svg>")

    response = marketer.post(NEW, typed(image=bad))

    assert response.status_code == 422
    assert "The file is SVG: phones do not show drawings" in words(response)
    assert value_of(response, "title") == "First snow"


def test_a_huge_upload_is_refused_with_its_size_and_the_form_is_kept(marketer: Client) -> None:
    huge = SimpleUploadedFile("film.jpg", b"\xff\xd8\xff" + b"\0" * 7_000_000)

    response = marketer.post(NEW, typed(image=huge))

    assert response.status_code == 422
    assert "The file has 7 MB; 5 MB is the most." in words(response)
    assert value_of(response, "title") == "First snow"


@pytest.mark.parametrize("forged", ["images/x.jpg", "https://evil.example/x.png", "abc:def"])
def test_a_picture_that_we_did_not_keep_is_no_picture(marketer: Client, forged: str) -> None:
    marketer.post(NEW, typed(image_kept=forged))

    assert only().image == ""


def test_a_picture_is_replaced_and_removed(marketer: Client) -> None:
    marketer.post(NEW, typed(image=photo()))
    edit = f"/notifications/{only().uuid}/edit/"
    first = only().image
    kept = value_of(marketer.get(edit), "image_kept")

    marketer.post(edit, typed(image=photo("two.jpg"), image_kept=kept, version="1"))

    assert only().image not in ("", first)

    redrawn = marketer.post(edit, typed(action="remove_image", image_kept=kept, title="New"))
    assert redrawn.status_code == 200
    assert value_of(redrawn, "image_kept") == ""
    assert value_of(redrawn, "title") == "New"

    marketer.post(edit, typed(image_kept="", version="2"))

    assert (only().image, only().image_facts) == ("", {})


def test_phones_load_pictures_without_signing_in_and_only_as_pictures(marketer: Client) -> None:
    marketer.post(NEW, typed(image=photo()))

    response = Client().get(f"/media/{only().image}")

    assert response.status_code == 200
    assert response["Content-Type"] == "image/jpeg"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in response["Cache-Control"]
    assert b"".join(response.streaming_content).startswith(b"\xff\xd8\xff")


@pytest.mark.parametrize(
    "path", ["images/none-of-ours-at-all.jpg", "../secret-key", "images/", "images/%2e%2e/x.jpg"]
)
def test_media_has_nothing_else(path: str) -> None:
    assert Client().get(f"/media/{path}").status_code == 404


# ---------------------------------------------------------------- the page's own fields


def test_choosing_a_page_without_a_script_keeps_what_was_typed(marketer: Client) -> None:
    page_with("String", "Boolean")

    response = marketer.post(
        NEW, typed(action="fields", initial_page="HutDetail", title="Kept", image=photo())
    )

    assert response.status_code == 200
    assert value_of(response, "title") == "Kept"
    assert value_of(response, "parameter_pString") == ""
    assert value_of(response, "image_kept")
    assert "needs" not in words(response)
    assert not Notification.objects.exists()


def test_htmx_swaps_the_fields_and_keeps_those_of_the_same_name(marketer: Client) -> None:
    page_with("String")

    response = marketer.get(
        "/notifications/fields/", {"initial_page": "HutDetail", "parameter_pString": "hello"}
    )

    assert value_of(response, "parameter_pString") == "hello"
    assert "<html" not in response.content.decode()
    assert "pString" not in words(marketer.get("/notifications/fields/", {"initial_page": ""}))


def test_a_page_that_is_gone_keeps_its_name_and_says_so(marketer: Client) -> None:
    page = page_with("String")
    marketer.post(NEW, typed(initial_page="HutDetail", parameter_pString="x"))
    page.delete()

    assert "HutDetail (no longer registered)" in words(
        marketer.get(f"/notifications/{only().uuid}/edit/")
    )


# ---------------------------------------------------------------- reach and batches


def test_reach_counts_what_would_be_sent_and_why_not_the_rest(marketer: Client) -> None:
    make_device("ann", platform="ios")
    make_device("ann", platform="android")
    make_device("bob", platform="ios", system="denied")
    make_device("cat", platform="ios", opted_out=True)
    make_device("dan", platform="ios", token=None)

    response = marketer.post("/notifications/reach/", typed(target_os="ios"))

    text = words(response)
    assert "Reaches 1 phone of 1 person" in text
    assert "Why not the other 4 ?" in text
    for reason in ("Notifications are off", "Opted out in the app", "No token yet", "Other system"):
        assert reason in text


def test_target_os_narrows_named_people_too(marketer: Client) -> None:
    make_device("ann", platform="android")

    response = marketer.post(
        "/notifications/reach/", typed(send_to="users", recipients="ann, zed", target_os="ios")
    )

    assert "Reaches 0 phones" in words(response)
    assert "1 person · 1 unknown" in words(response)


def test_unknown_ones_are_named_again_when_the_references_change(marketer: Client) -> None:
    make_device("jonas-p")
    asked = typed(send_to="users", recipients="Jonas-P")

    changed = marketer.post("/notifications/reach/", asked | {"changed": "recipients"})
    other = marketer.post("/notifications/reach/", asked | {"changed": "target_os"})

    assert 'data-replace="Jonas-P" data-with="jonas-p"' in changed.content.decode()
    assert "data-replace" not in other.content.decode()


def test_specific_users_with_nothing_in_it_reaches_nobody(marketer: Client) -> None:
    make_device("ann")

    response = marketer.post("/notifications/reach/", typed(send_to="users", recipients=""))

    assert "Nobody yet" in words(response)


def test_batches_lock_themselves_on_above_the_threshold(marketer: Client, settings: Any) -> None:
    settings.BATCH_THRESHOLD, settings.BATCH_SIZE = 3, 2
    for _ in range(4):
        make_device()

    text = words(marketer.post("/notifications/reach/", typed()))

    assert "On automatically above 3 people or devices: 2 batches of 2 ." in text
    assert "You can pause between any two." in text


def test_below_the_threshold_batches_are_a_choice(marketer: Client, settings: Any) -> None:
    settings.BATCH_THRESHOLD, settings.BATCH_SIZE = 4, 2
    for _ in range(4):
        make_device()

    text = words(marketer.post("/notifications/reach/", typed(batch_mode="on")))

    assert "2 batches of up to 2 ." in text
    assert "Turns itself on above 4 people or devices." in text


@pytest.mark.parametrize(
    ("method", "path"),
    [("post", "reach"), ("post", "preview"), ("post", "image"), ("get", "fields"), ("get", "when")],
)
def test_fragments_have_one_method_and_the_same_door(
    marketer: Client, method: str, path: str
) -> None:
    url, other = f"/notifications/{path}/", "get" if method == "post" else "post"

    assert getattr(marketer, method)(url).status_code == 200
    assert getattr(marketer, other)(url).status_code == 405
    assert getattr(client_of("viewer"), method)(url).status_code == 403
    assert getattr(Client(), method)(url).status_code == 302


def test_nonsense_in_a_fragment_breaks_nothing(marketer: Client) -> None:
    bad = {
        "send_to": "x",
        "target_os": "\x00",
        "audience": "\u0661",
        "date": "2026-99-99",
        "time": "99:99",
    }

    assert marketer.post("/notifications/reach/", bad).status_code == 200
    assert marketer.get("/notifications/when/", bad | {"timezone": "Mars/Base"}).status_code == 200


def test_the_chosen_moment_is_said_in_full(marketer: Client) -> None:
    ask = {"date": "2028-01-03", "time": "09:30", "timezone": "Europe/Vienna"}

    assert "Mon 3 Jan 2028, 09:30 Europe/Vienna (UTC+1) · 08:30 UTC" in words(
        marketer.get("/notifications/when/", ask)
    )
    assert "has passed" in words(marketer.get("/notifications/when/", ask | {"date": "2020-01-03"}))


# ---------------------------------------------------------------- the preview


def test_the_preview_shows_the_words_and_the_cut(marketer: Client) -> None:
    body = "12 huts still have beds for 27–29 November. Book by Thursday and breakfast is on us."

    response = marketer.post(NEW, typed(action="fields", body=body, image=photo()))

    text = words(response)
    assert "10 / 50 suggested" in text
    assert "84 / 150 suggested" in text
    assert "Android cuts the end off." in text
    assert text.count(body) == 5  # four phones and the field itself


@pytest.mark.parametrize("field", ["title", "body", "recipients", "extra"])
def test_markup_that_is_typed_stays_text(marketer: Client, field: str) -> None:
    payload = '"><script>alert(1)</script><img src=x onerror=alert(1)>'

    response = marketer.post(NEW, typed(action="review", send_to="users") | {field: payload})

    assert "<script>alert(1)" not in response.content.decode()
    assert "<img src=x" not in response.content.decode()


# ---------------------------------------------------------------- editing


def test_a_draft_is_edited_in_place(marketer: Client) -> None:
    marketer.post(NEW, typed())
    edit = f"/notifications/{only().uuid}/edit/"

    response = marketer.post(edit, typed(title="Second snow", version="1"))

    assert response.url == edit
    assert (only().title, only().version) == ("Second snow", 2)


def test_two_people_on_one_draft_are_told_of_each_other(marketer: Client) -> None:
    marketer.post(NEW, typed())
    edit = f"/notifications/{only().uuid}/edit/"
    client_of("ops", "noor").post(edit, typed(title="Noor’s title", version="1"))

    response = marketer.post(edit, typed(title="Mia’s title", version="1"))

    text = words(response)
    assert response.status_code == 409
    assert "noor saved this draft just now , after you opened it." in text
    assert "Yours: Mia’s title" in text
    assert "Theirs: Noor’s title" in text
    assert value_of(response, "title") == "Mia’s title"
    assert only().title == "Noor’s title"

    marketer.post(edit, typed(title="Mia’s title", version=value_of(response, "version")))

    assert only().title == "Mia’s title"


def test_autosave_makes_one_draft_and_keeps_it(marketer: Client) -> None:
    first = marketer.post(NEW, typed(action="autosave", title="F", body="")).json()
    second = marketer.post(
        first["url"], typed(action="autosave", title="Fi", version=first["version"])
    ).json()

    assert first["url"] == second["url"] == f"/notifications/{only().uuid}/edit/"
    assert (only().title, second["version"], second["name"]) == ("Fi", 2, "Fi")


def test_autosave_says_what_stands_in_its_way(marketer: Client) -> None:
    response = marketer.post(NEW, typed(action="autosave", title="x" * 201))

    assert response.status_code == 422
    assert response.json() == {"sentence": "Title: Title has 201 characters; 200 is the most."}
    assert not Notification.objects.exists()


def test_autosave_waits_for_nothing_that_is_half_typed(marketer: Client) -> None:
    half = typed(action="autosave", send_to="users", recipients="", when="at", date="2028-01-03")

    assert marketer.post(NEW, half).status_code == 200
    assert (only().send_to, only().recipients, only().send_at) == ("users", [], None)


def test_autosave_never_writes_over_someone_else(marketer: Client) -> None:
    marketer.post(NEW, typed())
    edit = f"/notifications/{only().uuid}/edit/"
    client_of("ops", "noor").post(edit, typed(title="Noor’s", version="1"))

    response = marketer.post(edit, typed(action="autosave", title="Mia’s", version="1"))

    assert response.status_code == 409
    assert "noor saved this draft" in words(response)
    assert only().title == "Noor’s"


def scheduled(by: Any) -> Notification:
    make_device("ann")
    draft = lifecycle.compose(
        {"title": "Later", "body": "Text", "send_at": datetime(2028, 1, 3, 8, 30, tzinfo=UTC)},
        by=by,
    )
    return confirm(draft, by)


def test_editing_what_is_scheduled_asks_first() -> None:
    mia = make_member("marketer", "mia")
    client, one = signed_in(mia), scheduled(mia)
    edit = f"/notifications/{one.uuid}/edit/"

    page = client.get(edit)

    assert "Take it back to a draft?" in words(page)
    assert only().status == S.SCHEDULED

    response = client.post(edit, {"action": "take_back"})

    assert response.url == edit
    assert only().status == S.DRAFT
    assert only().revision is None
    assert "Compose" in words(client.get(edit))


def test_a_form_left_open_can_not_change_what_was_confirmed() -> None:
    mia = make_member("marketer", "mia")
    one = scheduled(mia)

    signed_in(mia).post(f"/notifications/{one.uuid}/edit/", typed(title="Changed", version="1"))

    one.refresh_from_db()
    assert (one.title, one.status) == ("Later", S.SCHEDULED)


def test_who_is_neither_author_nor_ops_can_not_take_it_back() -> None:
    one = scheduled(make_member("marketer", "mia"))

    response = client_of("marketer", "other").post(
        f"/notifications/{one.uuid}/edit/", {"action": "take_back"}
    )

    assert response.status_code == 403
    assert only().status == S.SCHEDULED


@pytest.mark.parametrize("status", [S.SENDING, S.SENT, S.STOPPED, S.CANCELLED])
def test_what_is_over_can_not_be_edited(marketer: Client, status: str) -> None:
    one = scheduled(make_member("ops", "noor"))
    Notification.objects.filter(pk=one.pk).update(status=status)

    response = marketer.get(f"/notifications/{one.uuid}/edit/")

    assert response.status_code == 302
    assert response.url == f"/notifications/{one.uuid}/"


# ---------------------------------------------------------------- tests to oneself


def test_a_test_goes_to_my_own_phones_only() -> None:
    mia = make_member("marketer", "mia")
    mine = make_device("mia-at-home")
    make_device("customer")
    StaffPhone.objects.create(staff=mia, device=mine)

    response = signed_in(mia).post(NEW, typed(action="test"), follow=True)

    assert "Test sent to your test phone." in words(response)
    test = Notification.objects.get(kind="test")
    assert test.planned == 1
    draft = Notification.objects.get(kind="broadcast")
    assert draft.status == S.DRAFT
    assert AuditEntry.objects.filter(action="sent a test of").exists()


def test_without_a_test_phone_it_says_how_to_get_one(marketer: Client) -> None:
    response = marketer.post(NEW, typed(action="test"), follow=True)

    assert "You have no test phone yet." in words(response)
    assert not Notification.objects.filter(kind="test").exists()


def test_addresses_have_names() -> None:
    assert reverse("compose") == NEW
    assert reverse("compose_reach") == "/notifications/reach/"


def test_a_person_s_page_leads_here_with_that_person(marketer: Client) -> None:
    make_device("ann")

    page = marketer.get(NEW, {"to": "ann"})

    assert value_of(page, "recipients") == "ann"
    assert re.search(r'value="users"[^>]* checked', page.content.decode())
    assert "1 person" in words(page)


def test_of_a_long_list_twenty_unknown_ones_are_named_and_the_rest_counted(
    marketer: Client,
) -> None:
    refs = " ".join(f"nobody-{n}" for n in range(300))

    page = marketer.post(NEW, typed(action="review", send_to="users", recipients=refs))

    assert page.content.decode().count("chip unknown") == 20
    assert "And 280 more that nobody has." in words(page)
