"""The first minutes with a new installation, in a real browser."""

import re

from playwright.sync_api import expect


def test_the_printed_password_opens_the_console(page, live_beckon, assert_accessible):
    page.goto(live_beckon.url)
    expect(page).to_have_url(re.compile("/login/"))
    assert_accessible(page)

    live_beckon.sign_in(page)

    expect(page).to_have_url(f"{live_beckon.url}/")
    assert_accessible(page)


def test_nothing_is_fetched_from_elsewhere_and_nothing_breaks_the_policy(signed_in, live_beckon):
    hosts, complaints = set(), []
    signed_in.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    signed_in.on("console", lambda message: complaints.append(message.text))

    for path in ("/", "/notifications/new/", "/settings/pages/", "/sandbox/"):
        signed_in.goto(live_beckon.url + path)
        signed_in.wait_for_load_state("networkidle")

    assert hosts == {f"127.0.0.1:{live_beckon.port}"}
    assert [words for words in complaints if "Content Security Policy" in words] == []
