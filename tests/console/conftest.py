"""Members of staff, each signed in in a client of her own; pictures in a folder of their own."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.console.staff import client_of


@pytest.fixture
def marketer(db: None) -> Client:
    return client_of("marketer", "mia")


@pytest.fixture
def own_media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
