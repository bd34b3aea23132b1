"""Servers that others wrote, each in a container, for tests that need a real one."""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from collections.abc import Sequence
from contextlib import ExitStack
from functools import cache
from pathlib import Path

from scripts.images import servers_image

os.environ["TESTCONTAINERS_RYUK_DISABLED"] = "true"  # read when the library is imported
os.environ["TESTCONTAINERS_CONNECTION_MODE"] = "bridge_ip"

from testcontainers.core.container import DockerContainer
from testcontainers.core.network import Network
from testcontainers.core.wait_strategies import HttpWaitStrategy

from tests.contract.documents import ROOT, blocks, section, text_of

PORT = 8080
HTTPBIN = ("gunicorn", "--bind", f"0.0.0.0:{PORT}", "--threads", "4", "--keep-alive", "30", "httpbin:app")
NGINX = ("nginx", "-c", "/srv/nginx.conf")
HAPROXY = ("haproxy", "-f", "/topologies/haproxy/haproxy.cfg")
TOPOLOGIES = ROOT / "examples" / "topologies"
_LOCK = Path(tempfile.gettempdir(), "http-benchmark-engine.lock")
_CONFIGURATIONS = Path(__file__).parent / "data" / "servers"


@cache
def engine_fault() -> str | None:
    """Why no container can be started, or None."""
    try:
        done = subprocess.run(["docker", "version"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"no Docker engine answers: {error}"
    return None if done.returncode == 0 else f"no Docker engine answers: {done.stderr.strip()}"


class ContainerTestCase(unittest.TestCase):
    """Starts containers for all tests of a class, and sees to it that the engine is left as it was found."""

    image: str
    topologies: Path

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if fault := engine_fault():
            raise unittest.SkipTest(fault)
        lock = cls.enterClassContext(_LOCK.open("w"))  # until the class is over: others would be taken for left
        fcntl.flock(lock, fcntl.LOCK_EX)
        cls.image = servers_image()
        cls._found = engine_state()
        cls.addClassCleanup(cls._check_left)
        cls.stack = ExitStack()
        cls.addClassCleanup(cls.stack.close)
        cls.topologies = copied_topologies(Path(cls.enterClassContext(tempfile.TemporaryDirectory())))

    @classmethod
    def _check_left(cls):
        if (left := engine_state()) != cls._found:
            raise AssertionError(f"left in the engine: {left ^ cls._found}")

    @classmethod
    def server(cls, command: Sequence[str], *, network: Network | None = None, alias: str | None = None):
        """Start one; its address is `address_of`."""
        container = DockerContainer(cls.image).with_command([*command]).with_exposed_ports(PORT)
        container.with_volume_mapping(str(_CONFIGURATIONS), "/srv", "ro")
        container.with_volume_mapping(str(cls.topologies), "/topologies", "ro")
        container.with_volume_mapping(str(cls.topologies / "certificates"), "/certificates", "ro")
        if network is not None:
            container.with_network(network).with_network_aliases(alias)
        container.waiting_for(HttpWaitStrategy(PORT, "/get").with_poll_interval(0.05))
        return cls.stack.enter_context(container)

    @classmethod
    def network(cls) -> Network:
        """A network of its own."""
        return cls.stack.enter_context(Network())


def copied_topologies(folder: Path) -> Path:
    """The topologies with the certificates that docs/targets.md tells to make, in a folder that goes away."""
    copied = shutil.copytree(TOPOLOGIES, folder / "topologies", ignore=shutil.ignore_patterns("certificates"))
    (block,) = (
        text for text in blocks(section(text_of("docs/targets.md"), "Topologies"), "console") if "trustme" in text
    )
    lines = [line for line in block.splitlines() if line.startswith(("mkdir", "python", "cat"))]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(
        "\n".join(["set -e", *lines]),
        shell=True,
        cwd=copied,
        env=os.environ | {"PATH": path},
        check=True,
        capture_output=True,
    )
    return copied


def address_of(container: DockerContainer) -> str:
    """Where a server is reached, without a slash at the end."""
    networks = container.get_wrapped_container().attrs["NetworkSettings"]["Networks"]
    (address,) = {network["IPAddress"] for network in networks.values()}
    return f"http://{address}:{PORT}"


def engine_state() -> frozenset[str]:
    """Which containers and networks there are."""
    lists = (["docker", "ps", "--all", "--quiet"], ["docker", "network", "ls", "--quiet"])
    return frozenset(
        word
        for command in lists
        for word in subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    )
