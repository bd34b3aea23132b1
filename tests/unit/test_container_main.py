"""How a container is reached, whose processes it has, and how far its image has come."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from unittest import TestCase, mock

from http_benchmark.targets import container_main

CPUS = "0,2"


class Container:
    """What is asked of the library's one."""

    def __init__(self, **engine):
        self.ports, self._engine = {}, engine

    def with_exposed_ports(self, port):
        self.ports[str(port)] = None

    def get_docker_client(self):
        return SimpleNamespace(client=SimpleNamespace(info=lambda: self._engine))


class ReachTest(TestCase):
    def setUp(self):
        from testcontainers.core import config

        self.settings = self.enterContext(mock.patch.object(config, "testcontainers_config", SimpleNamespace()))
        self.enterContext(mock.patch.object(sys, "platform", "linux"))

    def reach(self, host: str | None, **engine):
        """The published ports, the address that is asked for, and the limits."""
        container = Container(**engine)
        with mock.patch("testcontainers.core.docker_client.get_docker_host", return_value=host):
            limits = container_main._reach(container, 8080, CPUS)
        return container.ports, self.settings.connection_mode_override.value, limits

    def test_on_this_machine(self):
        """By its own address: nothing is published, and it has its processors."""
        for host in (None, "unix:///run/docker.sock"):
            with self.subTest(host):
                found = self.reach(host, SecurityOptions=["name=seccomp,profile=default"])
                self.assertEqual(({}, "bridge_ip", {"cpuset_cpus": CPUS}), found)

    def test_behind_a_local_engine(self):
        """Rootless and in a virtual machine, and where this is no Linux: published on the loopback, and no further."""
        rootless = {"SecurityOptions": ["name=seccomp,profile=default", "name=rootless"]}
        desktop = {"OperatingSystem": "Docker Desktop"}
        for engine in (rootless, desktop):
            with self.subTest(engine):
                found = self.reach("unix:///run/user/1000/docker.sock", **engine)
                self.assertEqual(({"8080": ("127.0.0.1",)}, "docker_host", {}), found)
                self.assertEqual("127.0.0.1", self.settings.tc_host_override)
        with mock.patch.object(sys, "platform", "darwin"):
            self.assertEqual({"8080": ("127.0.0.1",)}, self.reach(None)[0])

    def test_on_another_machine(self):
        """Published there; that machine's processors are not numbered as ours."""
        for host in ("tcp://10.0.0.1:2375", "ssh://me@server"):
            with self.subTest(host):
                self.assertEqual(({"8080": None}, "docker_host", {}), self.reach(host))


class NoEngineTest(TestCase):
    def told(self, *, host: str | None, bottom: OSError) -> str:
        """What is told of an error at whose bottom that stands."""
        try:
            try:
                raise bottom
            except OSError:
                raise ConnectionError("Connection aborted.") from None
        except ConnectionError as error:
            fault = RuntimeError("Error while fetching server API version")
            fault.__cause__ = error
        with mock.patch("testcontainers.core.docker_client.get_docker_host", return_value=host):
            return container_main._no_engine(fault)

    def test_what_the_system_said(self):
        """Stands for all that libraries made of it; who may not use the engine need not start it."""
        self.assertEqual(
            "no Docker engine answers (No such file or directory); start one, or aim at a server that runs already "
            "(--url)",
            self.told(host=None, bottom=FileNotFoundError(2, "No such file or directory")),
        )
        self.assertEqual(
            "no Docker engine answers at tcp://***@h:1 (Permission denied); have its owner let you use it, or aim at a "
            "server that runs already (--url)",
            self.told(host="tcp://me:word@h:1", bottom=PermissionError(13, "Permission denied")),
        )


class OwnerTest(TestCase):
    def test_who_ended_is_gone(self):
        """Also before its parent has asked how."""
        process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        alive = container_main.owner(process.pid)
        process.stdin.close()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        self.assertRegex(alive, rf"^[0-9a-f-]{{36}}/{process.pid}/\d+$")
        self.assertEqual("", container_main.owner(process.pid))
        process.wait()
        self.assertEqual("", container_main.owner(process.pid))


class ProcessTest(TestCase):
    def test_of_a_container(self):
        """Only if the process of that number is in that container's control group."""
        group = Path("/proc/self/cgroup").read_text().splitlines()[-1]
        for identifier, expected in ((group, os.getpid()), ("0" * 64, None)):
            container = SimpleNamespace(id=identifier, attrs={"State": {"Pid": os.getpid()}})
            self.assertEqual(expected, container_main._pid(container))

    def test_of_nobody(self):
        """A server that ended has the number 0."""
        self.assertIsNone(container_main._pid(SimpleNamespace(id="a", attrs={"State": {"Pid": 0}})))


class PullTest(TestCase):
    def test_so_far(self):
        """Over the layers that have begun."""
        self.assertEqual("", container_main._so_far({}))
        self.assertEqual(
            ": 31 MB of 180 MB that were begun",
            container_main._so_far({"a": (1_000_000, 80_000_000), "b": (30_000_000, 100_000_000)}),
        )

    def test_what_the_engine_says_of_a_fault(self):
        """Such as a registry that ends in the middle of a layer."""
        engine = mock.Mock()
        engine.api.pull.return_value = [{"status": "Pulling from a"}, {"error": "unexpected EOF"}]
        with (
            mock.patch.object(container_main, "_say") as say,
            self.assertRaisesRegex(container_main.TargetError, "image a:1 cannot be pulled: unexpected EOF"),
        ):
            container_main._pull(engine, "a:1")
        engine.api.pull.assert_called_once_with("a", tag="1", stream=True, decode=True)
        say.assert_called_once_with({"is": "pulling", "message": "pulling a:1"})
