"""Every example for a shell that the guides show runs as it stands, and answers what it says."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from devices import identity
from notifications.models import Page, PageParameter
from notifications.sending import channel
from tests.factories import make_key, signature_of
from tests.notifications.api.test_trigger_cards import make_card

ROOT = Path(__file__).resolve().parents[3]
GIVEN = re.compile(r"(BASE|SERVER|CLIENT|SECRET|SIGN)=|curl\(\)")  # what a reader begins with
CURL = """curl() { command curl -sS -w '%{stderr}%{http_code}\\n' "$@"; }\n"""
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not shutil.which("curl"), reason="no curl here"),
]


def shell_of(guide: str) -> str:
    text = (ROOT / "docs" / guide).read_text()
    lines = "".join(re.findall(r"```bash\n(.*?)```", text, re.DOTALL)).splitlines()
    return "\n".join(line for line in lines if not GIVEN.match(line))


@pytest.mark.parametrize("guides", [["api-guide.md"], ["client-recipe.md", "soft-prompts.md"]])
def test_the_guides_examples_run_as_they_stand(
    guides: list[str], live_server: Any, sandbox: Any, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    channel.forget()
    page = Page.objects.create(name="PostView")
    PageParameter.objects.create(page=page, name="post", type="DocumentReference")
    make_card(client_callable=True, title="Your order")
    script = CURL + "\n".join(shell_of(guide) for guide in guides)
    given = {
        "BASE": f"{live_server.url}/api/v1", "SERVER": make_key("server"),
        "CLIENT": make_key("client"), "SIGN": signature_of("ada"), "SECRET": identity.current(),
    }  # fmt: skip

    done = subprocess.run(
        ["bash", "-euc", script], cwd=ROOT, env=os.environ | given, capture_output=True, text=True,
        timeout=60,
    )  # fmt: skip

    promised = re.findall(r"^# (\d{3})$", script, re.MULTILINE)
    assert done.stderr.split() == promised, done.stdout[-2000:]
    assert len(promised) >= 15
