import pytest

from tests.notifications.sandbox.calls import Fcm
from tests.sandbox_process import SandboxProcess


@pytest.fixture
def fcm(sandbox: SandboxProcess) -> Fcm:
    return Fcm(sandbox)
