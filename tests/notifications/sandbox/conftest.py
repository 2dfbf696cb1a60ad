import pytest

from tests.notifications.sandbox.calls import Fcm
from tests.sandbox_process import SandboxProcess, free_port


@pytest.fixture
def fcm(sandbox: SandboxProcess) -> Fcm:
    return Fcm(sandbox)


@pytest.fixture(scope="package")
def _over_tls(tmp_path_factory: pytest.TempPathFactory):
    port = free_port()
    folder = tmp_path_factory.mktemp("tls")
    with SandboxProcess(folder, "--tls-port", str(port)) as sandbox:
        sandbox.tls_port = port
        yield sandbox


@pytest.fixture
def tls(_over_tls: SandboxProcess) -> SandboxProcess:
    """A sandbox that also speaks TLS, at its `tls_port`; forgets everything between tests."""
    _over_tls.reset()
    return _over_tls
