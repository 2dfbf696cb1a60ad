"""What every page says to the browser about itself, and how its cookies are kept."""

import pytest
from django.conf import settings
from django.test import Client

from tests.console.staff import client_of

pytestmark = pytest.mark.django_db
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; font-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'; manifest-src 'self'; object-src 'none'"
)
SAID = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


@pytest.mark.parametrize("address", ["/login/", "/", "/notifications/new/", "/no-such-page/"])
def test_a_page_runs_nothing_but_our_own_files_and_is_framed_by_nobody(address: str) -> None:
    page = client_of("ops").get(address)

    assert rules(page.headers["Content-Security-Policy"]) == rules(POLICY)
    assert {name: page.headers.get(name) for name in SAID} == SAID


def rules(policy: str) -> set[str]:
    return {rule.strip() for rule in policy.split(";")}


def test_pages_behind_the_sign_in_are_kept_by_no_cache() -> None:
    assert client_of("viewer").get("/notifications/").headers["Cache-Control"] == "no-store"


def test_no_script_reads_the_session_and_no_other_site_sends_it() -> None:
    client = Client()
    client_of("viewer")

    client.post("/login/", {"username": "viewer", "password": "a long enough phrase"})

    session = client.cookies[settings.SESSION_COOKIE_NAME]
    assert (session["httponly"], session["samesite"], session["path"]) == (True, "Lax", "/")
    assert client.cookies[settings.CSRF_COOKIE_NAME]["samesite"] == "Lax"


def test_a_form_that_another_site_posts_is_refused() -> None:
    client = Client(enforce_csrf_checks=True, headers={"Origin": "https://elsewhere.example"})

    assert client.post("/login/", {"username": "ann"}).status_code == 403
