"""Permission prompts: the list, the editor, and what is done with one."""

from typing import Any

import pytest

from devices.models import Prompt
from devices.prompts import keeping
from tests.console.staff import client_of

pytestmark = pytest.mark.django_db
APP_OPEN = {"way": "0", "kind": "app_open"}


def form(*rows: dict[str, str], **more: Any) -> dict[str, Any]:
    """The editor as posted: what the template gives, and one row when none is named."""
    conditions = rows or (APP_OPEN,)
    posted: dict[str, Any] = keeping.TEMPLATE | {
        "layout": "modal", "to": "all", "systems": "all", "frequency": "multiple",
        "max_displays": "9999", "gap": "14", "gap_unit": "days", "priority": "0",
        "holdout_pct": "10", "include_provisional": "on", "fallback_to_settings": "on",
        "auto_pause": "on", "pause_share": "30", "pause_min_asks": "100",
        "languages": "0", "rows": str(len(conditions)), "save": "1",
    }  # fmt: skip
    for index, row in enumerate(conditions):
        posted |= {f"row-{index}-{key}": value for key, value in row.items()}
    return posted | more


def make_prompt(**fields: Any) -> Prompt:
    return keeping.create(keeping.TEMPLATE | fields)


def test_an_empty_list_offers_the_template_and_what_the_app_must_do_first():
    client = client_of("marketer")

    page = client.get("/prompts/").content.decode()

    assert "Push Permission Prompt" in page
    assert "Remove every automatic prompt" in page
    template = client.get("/prompts/new/?from=template").content.decode()
    assert keeping.TEMPLATE["title"] in template


def test_a_marketer_writes_a_prompt_and_it_is_a_draft():
    client = client_of("marketer")

    saved = client.post("/prompts/new/", form(), follow=True)

    prompt = Prompt.objects.get()
    assert saved.redirect_chain[-1][0] == f"/prompts/{prompt.pk}/"
    assert prompt.status == "draft"
    assert prompt.platforms == ["ios", "android"]
    assert (prompt.gap_seconds, prompt.max_displays) == (14 * 86_400, 9_999)
    assert (prompt.holdout_pct, prompt.pause_share) == (10, 30)
    assert prompt.triggers == [[{"kind": "app_open"}]]
