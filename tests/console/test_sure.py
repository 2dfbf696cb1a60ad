"""What can't be taken back is asked about first, by a page where no dialog did."""

import re
from html import unescape

import pytest
from django.test import Client

from console import team
from devices import keys
from devices.models import ApiKey, Device
from devices.states import DeviceState, KeyKind
from tests.console.staff import make_member, signed_in
from tests.factories import make_device, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Client:
    return signed_in(make_member("admin"))


def submit(client: Client, page: str):
    """Press the button of the page that asks, as a browser without JavaScript does."""
    form = re.search(r'<form method="post" action="([^"]+)" class="row-x">(.*?)</form>', page, re.S)
    fields = re.findall(r'name="(\w+)" value="([^"]*)"', form[2])
    return client.post(form[1], {name: unescape(value) for name, value in fields})


def asked(client: Client, path: str, fields: dict[str, str] | None = None) -> str:
    answer = client.post(path, fields or {})
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def test_a_key_is_revoked_after_the_question(admin):
    key = keys.make(KeyKind.SERVER, "CRM", []).key

    page = asked(admin, f"/settings/keys/{key.public_id}/revoke/")

    assert "Revoke CRM? Whoever uses it is refused at once." in page
    assert 'href="/settings/keys/"' in page
    assert ApiKey.objects.get().revoked_at is None
    submit(admin, page)
    assert ApiKey.objects.get().revoked_at is not None


@pytest.mark.parametrize("path", ["/devices/D/", "/people/ann/"])
def test_a_phone_is_unregistered_after_the_question(admin, path):
    make_device(make_user("ann"), device_id="D", model="Pixel 8")

    page = asked(admin, path, {"do": "unregister", "device": "D"})

    assert "Nothing is sent to it until someone signs in on it." in page
    assert Device.objects.get().state == DeviceState.ACTIVE
    submit(admin, page)
    assert Device.objects.get().state == DeviceState.UNREGISTERED


def test_a_member_is_deactivated_after_the_question(admin):
    mia = team.add("mia", "marketer")[0]

    page = asked(admin, f"/settings/team/{mia.pk}/deactivate/")

    assert "Deactivate mia? They are signed out at once" in page
    mia.refresh_from_db()
    assert mia.is_active
    submit(admin, page)
    mia.refresh_from_db()
    assert not mia.is_active


@pytest.mark.parametrize("path", ["rotate", "retire"])
def test_the_identity_secret_changes_after_the_question(admin, path):
    page = asked(admin, f"/settings/identity/{path}/")

    assert "Are you sure?" in page
    assert submit(admin, page).status_code in (200, 302)


def test_the_dialog_says_the_same_as_the_page(admin):
    key = keys.make(KeyKind.SERVER, "CRM <1>", []).key

    list_of_keys = admin.get("/settings/keys/").content.decode()
    page = admin.post(f"/settings/keys/{key.public_id}/revoke/").content.decode()

    question = re.search(r'data-sure="(Revoke[^"]+)"', list_of_keys)[1]
    assert f"<p>{question}</p>" in page
    assert "CRM &lt;1&gt;?" in question


def test_whoever_may_not_is_not_even_asked():
    make_device(make_user("ann"), device_id="D")
    viewer = signed_in(make_member("viewer"))

    assert viewer.post("/devices/D/", {"do": "unregister"}).status_code == 403
