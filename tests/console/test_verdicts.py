"""The explanation on pages: which notification is asked about, and what is drawn."""

from uuid import uuid4

import pytest

from notifications.models import Notification
from tests.console.staff import client_of
from tests.factories import make_device, make_user
from tests.sending import confirmed, run_all

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sent(sandbox) -> Notification:
    make_device("ann", platform="ios", model="iPhone 15")
    make_user("bob", attributes={"name": "Bob <b>"})
    notification = confirmed(send_to="users", recipients=["ann"])
    run_all()
    notification.refresh_from_db()
    return notification


def said(path: str, **query: str) -> str:
    return client_of("viewer", uuid4().hex).get(path, query).content.decode()


def test_a_persons_page_explains_the_newest_of_theirs(sent):
    page = said("/people/ann/")

    assert "Accepted for ann’s iPhone 15 at" in page
    assert f'<option value="{sent.uuid}" selected>' in page
    assert "Copy for the ticket" in page


def test_titles_stand_as_this_person_reads_them(sandbox):
    make_device(make_user("ann", attributes={"first_name": "Ann"}), platform="ios")
    title = "Your card, {{ first_name | default: 'friend' }}"
    confirmed(title=title, send_to="users", recipients=["ann"])
    run_all()

    page = said("/people/ann/")

    assert page.count("Your card, Ann") >= 3  # the list, the choice, the words
    assert "{{" not in page


def test_a_link_or_an_id_of_any_notification_is_taken(sent):
    link = f"https://beckon.example{sent.get_absolute_url()}?tab=recipients"

    for asked in ({"link": link}, {"link": str(sent.uuid)}, {"about": str(sent.uuid)}):
        page = said("/people/bob/", **asked)
        assert "Bob &lt;b&gt; was not sent it: they are not the one person it names." in page


@pytest.mark.parametrize("link", ["first snow", "\0", str(uuid4()), "x" * 5000])
def test_what_is_no_link_is_said_in_place(sent, link):
    page = said("/people/bob/", link=link)

    assert 'id="link-wrong"' in page
    assert "aria-invalid" in page


def test_recipients_check_one_person(sent):
    url = sent.get_absolute_url()

    assert "Accepted for ann’s iPhone 15" in said(url, tab="recipients", person="users/ann")
    assert "Beckon does not know “Ann”" in said(url, tab="recipients", person="Ann")
    assert "Copy for the ticket" not in said(url, tab="recipients", person="\0")
