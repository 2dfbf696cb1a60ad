"""Each phone gets its own words: values, languages, and what is too large."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from devices.models import AppUser, Device
from notifications import reports
from notifications.models import Delivery, Notification
from tests.sending import confirmed, make_phones, run_all, token_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("sandbox")]
HELLO = 'Hello {{ first_name | default: "there" }}'


def know(number: int, locale: str = "", **attributes: object) -> None:
    AppUser.objects.filter(user_id=f"phone-{number}").update(attributes=attributes, locale=locale)


def words(sandbox, number: int) -> tuple[str, str]:
    (message,) = sandbox.messages(token=token_of(number))
    shown = message["message"]["notification"]
    return shown["title"], shown["body"]


def test_each_person_reads_her_own_values(sandbox):
    make_phones(4)
    know(0, first_name="Ann")
    know(1, first_name='"Bo"\n{{ x }}\\')
    know(2, first_name=12)

    confirmed(title=HELLO, body="{{ first_name | upcase | default: 'You' }}!")
    run_all()

    assert words(sandbox, 0) == ("Hello Ann", "ANN!")
    assert words(sandbox, 1) == ('Hello "Bo" {{ x }}\\', '"BO" {{ X }}\\!')
    assert words(sandbox, 2) == ("Hello 12", "12!")
    assert words(sandbox, 3) == ("Hello there", "You!")
    assert sandbox.stats()["accepted"] == 4


def test_a_value_stands_nowhere_but_in_title_and_text(sandbox):
    make_phones(1)
    know(0, first_name="Ann")

    confirmed(title=HELLO, data={"greeting": "{{ first_name }}"})
    run_all()

    (message,) = sandbox.messages(token=token_of(0))
    assert message["message"]["data"]["greeting"] == "{{ first_name }}"
    assert "Ann" not in str(message["message"]["data"])


def test_a_locale_reads_its_language_and_else_the_default(sandbox):
    make_phones(5)
    know(0, "de-AT", first_name="Ann")
    know(1, "de_CH")
    know(2, "fr")
    Device.objects.filter(device_id="phone-device-3").update(locale="de")
    know(4, "fr")
    Device.objects.filter(device_id="phone-device-4").update(locale="de")
    german = {"title": "Erster Schnee", "body": 'Hallo {{ first_name | default: "du" }}'}
    swiss = {"title": "Schnee", "body": "Grüezi"}

    confirmed(title="First snow", body="Hello", variants={"de": german, "de-ch": swiss})
    run_all()

    assert words(sandbox, 0) == ("Erster Schnee", "Hallo Ann")
    assert words(sandbox, 1) == ("Schnee", "Grüezi")
    assert words(sandbox, 2) == ("First snow", "Hello")
    assert words(sandbox, 3) == ("Erster Schnee", "Hallo du")  # her phone's, for want of her own
    assert words(sandbox, 4) == ("First snow", "Hello")


def test_a_message_too_large_with_her_values_is_skipped_and_the_others_go(sandbox):
    make_phones(3)
    know(0, long="🏔" * 100)
    know(1, long="x" * 100)

    sent = confirmed(body="{{ long | default: '-' }}" * 5, data={"k": "y" * 3000})
    run_all()

    rows = Delivery.objects.filter(notification=sent).order_by("device_id")
    assert [(row.outcome, row.reason) for row in rows] == [
        ("skipped", "too_big"), ("accepted", ""), ("accepted", ""),
    ]  # fmt: skip
    found = reports.counts(sent)
    assert (found.targeted, found.accepted, found.skipped) == (3, 2, 1)
    sent.refresh_from_db()
    assert sent.status == "sent"


def test_a_phone_that_changes_hands_in_between_gets_no_words_of_another(sandbox, monkeypatch):
    from notifications.sending import letters

    make_phones(2)
    know(0, first_name="Ann")
    read = letters._readers

    def just_sold(pks):
        other = AppUser.objects.get(user_id="phone-1")
        Device.objects.filter(device_id="phone-device-0").update(owner=other)
        return read(pks)

    monkeypatch.setattr(letters, "_readers", just_sold)
    sent = confirmed(title=HELLO)
    run_all()

    rows = dict(Delivery.objects.filter(notification=sent).values_list("device_id", "reason"))
    assert sorted(rows.values()) == ["", "owner_changed"]
    assert sandbox.messages(token=token_of(0)) == []


def test_only_a_message_with_variables_or_languages_asks_for_people(sandbox):
    make_phones(10)
    know(0, first_name="Ann")

    def asked(**fields) -> list[str]:
        confirmed(**fields)
        with CaptureQueriesContext(connection) as seen:
            run_all()
        return [one["sql"] for one in seen if "attributes" in one["sql"]]

    assert asked(title="Hello there") == []
    assert len(asked(title=HELLO)) == 1


def test_the_frozen_words_are_sent_whatever_the_draft_says_later(sandbox):
    make_phones(1)
    know(0, first_name="Ann", secret="42")
    sent = confirmed(title=HELLO)

    Notification.objects.filter(pk=sent.pk).update(title="{{ secret }}", variants={"en": {}})
    run_all()

    assert words(sandbox, 0)[0] == "Hello Ann"
