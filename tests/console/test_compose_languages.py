"""Compose: variables of the person, and variants by language; with and without a script."""

from typing import Any

import pytest
from django.test import Client

from notifications.models import Notification
from tests.console import composing
from tests.console.composing import NEW, words
from tests.factories import make_device, make_user
from tests.sending import make_draft

pytestmark = pytest.mark.django_db
HELLO = 'Hello {{ first_name | default: "there" }}'
GERMAN = {"language": "de", "title_de": "Erster Schnee", "body_de": "Zwölf Hütten sind frei."}


def typed(**fields: Any) -> dict[str, Any]:
    return composing.typed(**{"action": "review"} | fields)


def draft(marketer: Client, **fields: Any) -> Notification:
    assert marketer.post(NEW, typed(**fields)).status_code == 302
    return Notification.objects.get()


def test_a_language_is_added_filled_and_kept(marketer):
    shown = marketer.post(NEW, typed(action="add_language", new_language="de"))
    saved = draft(marketer, **GERMAN)

    assert 'name="title_de"' in shown.content.decode()
    assert "Title in German" in words(shown)
    assert saved.variants == {"de": {"title": "Erster Schnee", "body": "Zwölf Hütten sind frei."}}
    again = marketer.get(f"/notifications/{saved.uuid}/edit/").content.decode()
    assert 'value="Erster Schnee"' in again
    assert 'lang="de"' in again


def test_the_fragment_adds_a_language_and_takes_one_out(marketer):
    added = marketer.post(
        "/notifications/languages/", typed(action="add_language", new_language="fr") | GERMAN
    )
    left = marketer.post("/notifications/languages/", typed(remove_language="de") | GERMAN)

    assert 'name="title_fr"' in added.content.decode()
    assert 'value="Erster Schnee"' in added.content.decode()
    assert 'name="title_de"' not in left.content.decode()


def test_a_removed_language_is_no_longer_kept(marketer):
    saved = draft(marketer, **GERMAN)

    url = f"/notifications/{saved.uuid}/edit/"
    marketer.post(url, typed(remove_language="de") | GERMAN)
    marketer.post(url, typed())

    saved.refresh_from_db()
    assert saved.variants == {}


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"title": "Hello {{ first_nam }}"}, "Nobody has an attribute first_nam. Capitals count. Did you mean first_name?"),
        ({"title": "{{ first_name }}"}, "Title is empty for people without first_name"),
        ({"body": "{{ first_name"}, "A {{ is never closed."),
        ({"body": "{% if x %}"}, "does nothing here"),
        (GERMAN | {"title_de": ""}, "Title in German is empty. Write it, or remove German."),
        (GERMAN | {"body_de": "x" * 1001}, "1,000 is the most"),
        (GERMAN | {"body_de": "{{ nme }}"}, "Nobody has an attribute nme"),
        (GERMAN | {"body_de": "ü" * 1000, "extra": "k = " + "y" * 2500}, "Shorten the text or the data"),
    ],
)  # fmt: skip
def test_what_is_wrong_stands_on_its_field(marketer, fields, told):
    make_user(attributes={"first_name": "Ann", "name": "x"})

    response = marketer.post(NEW, typed(**fields))

    assert response.status_code == 422
    assert told in words(response).replace("&quot;", '"')
    assert 'aria-invalid="true"' in response.content.decode()
    assert not Notification.objects.exists()


def test_an_unfinished_text_can_be_saved_as_a_draft(marketer):
    saved = draft(marketer, action="save", title="Hello {{ fir", language="de", title_de="")

    assert (saved.title, saved.variants) == ("Hello {{ fir", {"de": {"title": "", "body": ""}})


def test_the_preview_shows_nobodys_words_until_a_person_or_a_language_is_chosen(marketer):
    ann = make_user("ann", attributes={"first_name": "Ann <b>"}, locale="de-AT")
    bob = make_user("bob", attributes={"first_name": "Bob"})
    make_device(bob, locale="de_DE")

    def preview(**fields: Any) -> str:
        fields = {"title": HELLO} | GERMAN | {"title_de": "Hallo {{ first_name }}"} | fields
        return words(marketer.post("/notifications/preview/", typed(**fields)))

    assert "Hello there" in preview()
    assert "someone reads it of whom nothing is known" in preview()
    assert "Hallo" in preview(preview_language="de")
    assert "Hallo Ann &lt;b&gt;" in preview(preview_as="users/ann")
    assert "in German" in preview(preview_as=ann.user_id)
    assert "Hallo Bob" in preview(preview_as="bob")  # her phone's language
    assert "Nobody has the id bobb" in preview(preview_as="bobb")
    assert "{{ firs" in preview(title="Hello {{ firs")


def test_without_a_script_the_whole_page_shows_one_persons_words(marketer):
    make_user("ann", attributes={"first_name": "Ann"})

    page = marketer.post(NEW, typed(action="fields", title=HELLO, preview_as="ann"))

    assert "As Ann reads it." in words(page)
    assert 'data-preview="title">Hello Ann<' in page.content.decode()


def test_review_shows_every_language_and_what_one_person_reads(marketer):
    make_device(make_user("ann", attributes={"first_name": "Ann"}, locale="de"))
    saved = draft(marketer, title=HELLO, **GERMAN | {"body_de": "Hallo {{ first_name }}!"})
    url = f"/notifications/{saved.uuid}/review/"

    page, one = words(marketer.get(url)), words(marketer.get(url + "person/?user_id=ann"))

    assert "Hello there" in page
    assert "German" in page
    assert "Erster Schnee" in page
    assert "first_name has no default." in page
    assert "Hallo Ann!" in one
    assert "Hello there" in words(marketer.get(url)).split("The exact JSON")[1]


def test_a_draft_that_can_not_be_read_still_has_its_page(marketer):
    one = make_draft(title="Hello {{ fir")

    assert marketer.get(one.get_absolute_url()).status_code == 200
    assert marketer.get(f"/notifications/{one.uuid}/edit/?check=1").status_code == 200


def test_the_explanation_and_the_payload_say_what_one_person_reads(marketer):
    make_device(make_user("ann", attributes={"first_name": "Ann"}, locale="de"))
    one = make_draft(title=HELLO, variants={"de": {"title": "Hallo {{ first_name }}", "body": "x"}})

    why = words(marketer.get(f"/people/ann/?about={one.uuid}"))
    payload = words(marketer.get(f"{one.get_absolute_url()}?tab=payload&as=users/ann"))

    assert "Hallo Ann" in why
    assert "in German. With their values as they are now." in why
    assert "Hallo Ann" in payload
