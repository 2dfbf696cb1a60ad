"""Settings → Pages: registering the pages that a tap opens."""

import pytest
from django.test import Client

from notifications.models import AuditEntry, Notification, Page, PageParameter
from tests.console.staff import client_of

pytestmark = pytest.mark.django_db
URL = "/settings/pages/"


def post_page(client: Client, name: str, *rows: tuple[str, str, bool], **extra: str):
    data = {"name": name, "description": "", "parameters-TOTAL_FORMS": str(len(rows))} | extra
    for index, (parameter, kind, required) in enumerate(rows):
        data |= {f"parameters-{index}-name": parameter, f"parameters-{index}-type": kind}
        if required:
            data[f"parameters-{index}-required"] = "on"
    return client.post(extra.pop("url", URL), data)


def parameters_of(page: Page) -> list[tuple[str, str, bool]]:
    return list(page.parameters.values_list("name", "type", "required"))


def test_a_page_is_registered_with_its_parameters_in_order():
    client = client_of("ops")

    answer = post_page(
        client,
        "BookingDetails",
        ("bookingRef", "DocumentReference", True),
        ("tab", "Integer", False),
    )

    assert answer.status_code == 302
    assert parameters_of(Page.objects.get(name="BookingDetails")) == [
        ("bookingRef", "DocumentReference", True),
        ("tab", "Integer", False),
    ]
    entry = AuditEntry.objects.get()
    assert (entry.actor_name, entry.action, entry.object_name) == (
        "ops", "added a page", "BookingDetails",
    )  # fmt: skip


def test_add_parameter_redraws_with_one_more_row_and_keeps_what_was_typed():
    client = client_of("ops")

    answer = post_page(client, "Booking", ("ref", "LatLng", True), add_parameter="1")

    page = answer.content.decode()
    assert answer.status_code == 200
    assert not Page.objects.exists()
    assert 'name="parameters-1-name"' in page
    assert 'value="Booking"' in page
    assert 'value="ref"' in page
    assert '<option value="LatLng" selected>' in page
    assert page.count(" checked") >= 1


def test_remove_takes_that_row_out_and_keeps_the_others():
    client = client_of("ops")

    answer = post_page(
        client, "Booking", ("a", "String", False), ("b", "String", False), remove_parameter="0"
    )

    page = answer.content.decode()
    assert 'value="b"' in page
    assert 'value="a"' not in page


def test_an_untouched_row_is_no_parameter_and_a_gap_in_the_numbers_is_none_either():
    client = client_of("ops")

    client.post(
        URL,
        {
            "name": "Booking", "description": "", "parameters-TOTAL_FORMS": "3",
            "parameters-0-name": "ref", "parameters-0-type": "String",
            "parameters-2-name": "", "parameters-2-type": "String",
        },
    )  # fmt: skip

    assert parameters_of(Page.objects.get()) == [("ref", "String", False)]


@pytest.mark.parametrize(
    ("name", "rows", "sentence"),
    [
        ("", [], "A page needs the name that the app gives it."),
        ("Taken", [], "There is already a page named Taken."),
        ("New", [("", "Integer", False)], "Name this parameter, or remove its row."),
        ("New", [("a", "String", False), ("a", "Integer", True)], "another parameter named a."),
        ("New", [("a", "Colour", False)], "Select a valid choice."),
        ("x" * 81, [], "at most 80 characters"),
    ],
)
def test_errors_stand_at_their_field_and_nothing_is_saved(name, rows, sentence):
    Page.objects.create(name="Taken")
    client = client_of("ops")

    answer = post_page(client, name, *rows)

    assert answer.status_code == 200
    assert sentence in answer.content.decode().replace("&#x27;", "'")
    assert Page.objects.count() == 1


def test_a_page_is_edited_whole():
    page = Page.objects.create(name="Booking")
    PageParameter.objects.create(page=page, name="old", type="String")
    client = client_of("admin")

    post_page(client, "Bookings", ("ref", "Double", True), url=f"{URL}{page.pk}/")

    page.refresh_from_db()
    assert page.name == "Bookings"
    assert parameters_of(page) == [("ref", "Double", True)]
    assert AuditEntry.objects.get().facts == {
        "before": {"name": "Booking", "parameters": ["old: String?"]},
        "after": {"name": "Bookings", "parameters": ["ref: Double"]},
    }


def test_the_edit_page_shows_the_parameters_it_has():
    page = Page.objects.create(name="Booking")
    PageParameter.objects.create(page=page, name="ref", type="Boolean", required=True)

    shown = client_of("ops").get(f"{URL}{page.pk}/").content.decode()

    assert 'value="ref"' in shown
    assert '<option value="Boolean" selected>' in shown


def test_deleting_asks_first_and_names_the_drafts_that_use_it():
    page = Page.objects.create(name="Booking")
    Notification.objects.create(initial_page="Booking")
    client = client_of("ops")

    asked = client.get(f"{URL}{page.pk}/delete/").content.decode()
    assert "1 draft opens" in asked
    assert Page.objects.exists()

    client.post(f"{URL}{page.pk}/delete/")
    assert not Page.objects.exists()


def test_too_many_rows_are_refused_not_cut():
    client = client_of("ops")
    rows = [(f"p{index}", "String", False) for index in range(51)]

    answer = post_page(client, "Booking", *rows)

    assert answer.status_code == 200
    assert "50" in answer.content.decode()
    assert not Page.objects.exists()


def test_types_are_named_as_the_app_names_them():
    shown = post_page(client_of("ops"), "Booking", ("ref", "String", False), add_parameter="1")

    for word in [
        "String",
        "Integer",
        "Double",
        "Boolean",
        "DateTime",
        "LatLng",
        "DocumentReference",
    ]:
        assert f">{word}</option>" in shown.content.decode()
