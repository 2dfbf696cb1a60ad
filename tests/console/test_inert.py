"""Words that would be a script, in every string that somebody else can write: all pages show them
as the text that they are."""

from html.parser import HTMLParser
from typing import Any

import pytest

from devices.models import ApiKey, Audience, Device, Prompt
from notifications import audit
from notifications.models import CardVersion, MessageCard, Notification, Page, WebhookEndpoint
from notifications.revision import freeze
from notifications.states import NotificationStatus as S
from tests.console.test_access_matrix import MATRIX, Row, World
from tests.factories import make_device, make_user

pytestmark = pytest.mark.django_db
ID = "'\"onx=1 ><script>b()"  # ends a value in either quotes; no id has a slash
BAD = f"</script>{ID}"  # ends a script that holds JSON too
FILES = ("export/", "media/", "metrics", "healthz", "readyz")


class Poisoned(World):
    """The matrix's world, with one of these in every string."""

    def __init__(self) -> None:
        super().__init__()
        make_device(make_user(ID, attributes={BAD: BAD}, tags=[BAD], aliases=[ID]), device_id=ID)
        said = dict.fromkeys(("model", "app_version", "os_version", "locale"), BAD)
        Device.objects.update(**said)
        Page.objects.update(name=BAD)
        Audience.objects.update(name=BAD, description=BAD)
        shown = dict.fromkeys(("name", "title", "body", "accept_label", "dismiss_label"), BAD)
        Prompt.objects.update(**shown)
        WebhookEndpoint.objects.update(name=BAD)
        MessageCard.objects.update(name=BAD, description=BAD)
        CardVersion.objects.update(title=BAD, body=BAD, initial_page=BAD, data={BAD: BAD})
        ApiKey.objects.update(name=BAD)
        self.member.__class__.objects.update(first_name=BAD, email=BAD)

    def notification(self, row: Row) -> Notification:
        one = super().notification(row)
        one.title, one.body, one.initial_page, one.ticket = BAD, BAD, BAD, BAD
        one.parameters, one.data, one.recipients = {BAD: BAD}, {BAD: BAD}, [ID]
        one.paused_facts = {"detail": BAD, "client_email": BAD, "project": BAD}
        if row.status != S.DRAFT:
            one.revision, one.revision_sha256 = freeze(one)
        one.save()
        audit.record(self.staff["marketer"], "looked", one, {"reason": BAD})
        return one


class Scripts(HTMLParser):
    """Collects what a browser would run."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = dict(attributes)
        runs = tag == "script" and "src" not in named and named.get("type") != "application/json"
        if runs or any(name.startswith("on") for name in named):
            self.found.append(self.get_starttag_text() or tag)


def pages() -> list[Row]:
    return [
        row
        for row in MATRIX
        if row.method == "GET" and "admin" in row.may and not row.route.startswith("api/")
        and not row.route.endswith(FILES) and not row.route.startswith(FILES)
    ]  # fmt: skip


def test_no_string_of_anybody_becomes_a_script_on_any_page(sandbox: Any) -> None:
    world, run, shown = Poisoned(), {}, 0

    for row in pages():
        page = world.ask(row, "admin").content.decode()
        if found := Scripts(page).found:
            run[str(row)] = found
        shown += "&lt;script&gt;b()" in page

    assert run == {}
    assert shown > 25, "the words are on most pages"
