"""When a page cannot be shown: what happened, and the way on."""

import pytest
from django.template.loader import get_template
from django.test import Client

from tests.console.staff import client_of

PAGES = {
    "400.html": "That request makes no sense here",
    "403.html": "Your role cannot open this",
    "403_csrf.html": "This form is too old",
    "404.html": "Nothing at this address",
    "500.html": "Something broke on our side",
}


@pytest.mark.parametrize("name", PAGES)
def test_each_page_needs_nothing_but_itself(name: str) -> None:
    page = get_template(name).render()

    assert f"<h1>{PAGES[name]}</h1>" in page
    assert '<a class="btn btn-ink" href="/">Go to Overview</a>' in page


@pytest.mark.django_db
def test_an_unknown_address_has_a_page_in_the_viewers_theme() -> None:
    client = client_of("viewer")
    client.cookies["theme"] = "dark"

    reply = client.get("/nowhere/")

    assert reply.status_code == 404
    assert '<html lang="en" data-bs-theme="dark">' in reply.content.decode()


@pytest.mark.django_db
def test_a_post_without_its_token_has_a_page() -> None:
    reply = Client(enforce_csrf_checks=True).post("/login/", {"username": "mia"})

    assert reply.status_code == 403
    assert PAGES["403_csrf.html"] in reply.content.decode()


@pytest.mark.django_db
@pytest.mark.urls("tests.console.gallery.site")
def test_a_view_that_breaks_has_a_page() -> None:
    client = Client(raise_request_exception=False)

    reply = client.get("/broken/")

    assert reply.status_code == 500
    assert PAGES["500.html"] in reply.content.decode()
