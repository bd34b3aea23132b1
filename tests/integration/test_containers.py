"""`--target docker:`: a container is started, measured, and removed whatever happens."""

import json
import os
import signal
import subprocess
import time

from http_benchmark.planning import share_processors
from http_benchmark.stats.scaling import by_block, ratio_in_each_block
from http_benchmark.storage import ResultStorage
from http_benchmark.utils.host import available_cpus
from tests.containers import ContainerTestCase, engine_state
from tests.integration.command_case import CommandCase
from tests.registry import registry

_PATIENCE_S = 60.0


class ContainerTargetTest(ContainerTestCase, CommandCase):
    """The image's own command is httpbin, on the port that it exposes."""

    def measure(self, *more: str):
        words = ("run", "urllib3", "aiohttp", "--target", f"docker:{self.image}", "--url", "/get", "--no-floor")
        return (*words, "--blocks", "1", "--database", "results.db", *more)

    def until(self, condition, what: str) -> None:
        deadline_s = time.monotonic() + _PATIENCE_S
        while not condition():
            self.assertLess(time.monotonic(), deadline_s, what)
            time.sleep(0.05)

    def started(self, process: subprocess.Popen[str]) -> None:
        """Wait until a container of the command is there."""
        self.until(lambda: self.containers() or process.poll() is not None, "no container was started")
        if process.poll() is not None:
            self.fail(f"the command has ended: {process.communicate()}")

    def containers(self) -> list[str]:
        return subprocess.run(
            ["docker", "ps", "--all", "--quiet", "--filter", "label=http-benchmark.owner"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()

    def test_measured_and_removed(self):
        """Two clients on one container; the result says what it was, and nothing of it is left."""
        done = self.run_command(*self.measure("--requests", "20", "--warmup", "0", "--json", "result.json"))

        self.assertEqual(0, done.returncode, done.stderr)
        result = json.loads((self.folder / "result.json").read_text())
        target = result["target"]
        self.assertEqual(("docker", self.image), (target["kind"], target["image"]))
        self.assertRegex(target["image_id"], r"^sha256:[0-9a-f]{64}$")
        self.assertRegex(target["url"], r"^http://[0-9.]+:8080/get$")
        for client in result["clients"]:
            with self.subTest(client["contender"]):
                self.assertEqual((20, {}), (client["requests"], client["errors"]))
                self.assertGreater(client["origin_memory_bytes"], 10_000_000)
        self.assertEqual([], self.containers())
        self.assertIn(f"--target docker:{self.image}", result["provenance"]["command"])

    def test_beside_another_server(self):
        """The bundled origin and the container by the same clients, block by block; both are stored."""
        words = (
            "run",
            "urllib3",
            "aiohttp",
            "--target",
            "bundled",
            "--target",
            f"docker:{self.image}",
            "--url",
            "/get",
        )
        more = ("--blocks", "6", "--requests", "30", "--warmup", "0", "--no-floor", "--database", "results.db")
        done = self.run_command(*words, *more, "--json", "servers.json")

        self.assertEqual(0, done.returncode, done.stderr)
        result = json.loads((self.folder / "servers.json").read_text())
        self.assertEqual("http-benchmark/servers/1", result["schema"])
        self.assertEqual(["bundled", "docker"], [server["target"]["kind"] for server in result["servers"]])
        self.assertEqual([6, 6], [server["blocks"] for server in result["servers"]])
        self.assertEqual([], self.containers())
        with ResultStorage(str(self.folder / "results.db")) as storage:
            stored = storage.page_of_experiments().items
            ours, theirs = (storage.get_blocks(server["experiment_id"]) for server in result["servers"])
        for contender in result["contenders"]:
            with self.subTest(name := contender["contender"]):
                (ratio,) = contender["ratios"]
                expected = ratio_in_each_block(by_block(theirs, name), by_block(ours, name))
                self.assertAlmostEqual(expected.estimate, ratio["ratio"]["estimate"])
                self.assertRegex(done.stdout, rf"(?m)^{name}: .* times")
        self.assertEqual({server["experiment_id"] for server in result["servers"]}, {one.id for one in stored})

    def test_measured_again(self):
        """What is stored can be reproduced; the container then has another address, and counts as the same target."""
        first = self.run_command(*self.measure("--requests", "20", "--warmup", "0"))
        self.assertEqual(0, first.returncode, first.stderr)
        with ResultStorage(str(self.folder / "results.db")) as storage:
            (stored,) = storage.page_of_experiments().items
        again = self.run_command("results", "reproduce", stored.id, "--database", "results.db")
        self.assertEqual(0, again.returncode, again.stderr)
        self.assertNotIn("target", again.stdout)

    def test_interrupted(self):
        """Ctrl-C in the middle of a block."""
        process = self.start(*self.measure("--duration", "60s"))
        self.started(process)
        self.read_until(process, "2 contenders")
        process.send_signal(signal.SIGINT)
        self.assertEqual(130, process.wait(_PATIENCE_S))
        self.assertEqual([], self.containers())

    def test_out_of_reach_for_others(self):
        """No port of it is published; and with several processors it has its own."""
        process = self.start(*self.measure("--duration", "60s"))
        self.read_until(process, "2 contenders")
        (running,) = self.containers()
        words = "{{json .NetworkSettings.Ports}} {{.HostConfig.CpusetCpus}}"
        told = subprocess.run(
            ["docker", "inspect", "--format", words, running], capture_output=True, text=True, check=True
        ).stdout
        published, _, cpus = told.strip().partition(" ")
        process.send_signal(signal.SIGINT)
        process.wait(_PATIENCE_S)
        self.assertEqual({"8080/tcp": None}, json.loads(published))
        self.assertEqual(",".join(map(str, share_processors(available_cpus())[0])), cpus)

    def test_interrupted_while_it_starts(self):
        """Ctrl-C before the server answers."""
        process = self.start(*self.measure("--target-port", "81", "--target-wait", "10m"))
        self.started(process)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=_PATIENCE_S)
        self.assertEqual(130, process.returncode)
        self.assertEqual([], self.containers())
        self.assertIn(f"GET /get (container of {self.image})", output)

    def test_killed_while_it_starts(self):
        """SIGKILL before the server answers."""
        process = self.start(*self.measure("--target-port", "81", "--target-wait", "10m"))
        self.started(process)
        process.kill()
        self.until(lambda: not self.containers(), "the container is still there")

    def test_killed(self):
        """Nothing runs on when the controller is killed."""
        process = self.start(*self.measure("--duration", "60s"))
        self.read_until(process, "2 contenders")
        process.kill()
        self.until(lambda: not self.containers(), "the container is still there")

    def test_killed_together_with_its_keeper(self):
        """What was left by a keeper that was killed, too, goes when the next one starts."""
        process = self.start(*self.measure("--duration", "60s"))
        self.read_until(process, "2 contenders")
        (left,) = self.containers()
        label = subprocess.run(
            ["docker", "inspect", "--format", '{{index .Config.Labels "http-benchmark.owner"}}', left],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        os.kill(int(label.split("/")[1]), signal.SIGKILL)
        process.kill()
        process.wait()
        self.assertEqual([left], self.containers())
        done = self.run_command(*self.measure("--requests", "2", "--warmup", "0"))
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual([], self.containers())

    def test_faults(self):
        """Whatever cannot be measured is told in a line, and leaves nothing."""
        found = engine_state()
        image = f"docker:{self.image}"
        for arguments, changes, message in (
            (("--target", image, "--target-port", "81"), {}, "does not answer HTTP on port 81"),
            (("--target", "docker:localhost:1/no-such-image"), {}, "no-such-image"),
            (
                ("--target", image),
                {"DOCKER_HOST": "unix:///no/such/socket"},
                "no Docker engine answers at unix:///no/such/socket (No such file or directory); start one",
            ),
            (("--target", image), {"DOCKER_HOST": "ssh://me@127.0.0.1:1"}, "answers at ssh://***@127.0.0.1:1 ("),
        ):
            with self.subTest(message):
                done = self.run_command("run", "urllib3", *arguments, "--target-wait", "2s", **changes)
                self.assertEqual(4, done.returncode, done.stderr)
                self.assertIn(message, done.stderr)
                self.assertNotIn("Traceback", done.stderr)
        self.assertEqual(found, engine_state())

    def test_ended_by_itself(self):
        """A server that is gone ends the run; the blocks until then are kept."""
        process = self.start(*self.measure("--requests", "20", "--warmup", "0", "--blocks", "40"))
        self.read_until(process, "block 1 of 40 done")
        subprocess.run(["docker", "kill", *self.containers()], capture_output=True, check=True)
        _, errors = process.communicate(timeout=_PATIENCE_S)
        self.assertEqual(4, process.returncode)
        self.assertIn(f"the server of image {self.image} ended with exit code 137", errors)
        self.assertEqual([], self.containers())
        with ResultStorage(str(self.folder / "results.db")) as storage:
            (stored,) = storage.page_of_experiments().items
        self.assertEqual("failed", stored.status)
        self.assertGreaterEqual(stored.blocks, 1)

    def test_pulled(self):
        """An image that the engine lacks is fetched, which is told; this one cannot be started then."""
        with registry(layer_comes=True) as name:
            self.addCleanup(subprocess.run, ["docker", "rmi", name], capture_output=True, check=True)
            done = self.run_command("run", "urllib3", "--target", f"docker:{name}")
        self.assertEqual(4, done.returncode, done.stderr)
        first, *others = done.stderr.splitlines()
        self.assertEqual(f"pulling {name}", first)
        self.assertIn(f"the engine does not start {name}", others[-1])
        self.assertIn("/nothing", others[-1])

    def test_interrupted_while_pulling(self):
        """Ctrl-C and SIGKILL while a registry keeps one waiting: nothing goes on."""
        for number, code in ((signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)):
            with self.subTest(number), registry(layer_comes=False) as name:
                process = self.start("run", "urllib3", "--target", f"docker:{name}")
                self.read_until(process, "pulling")
                children = self.children(process, 1)
                process.send_signal(number)
                self.assertEqual(code, process.wait(_PATIENCE_S))
                self.assert_ended(children)

    def test_mistakes(self):
        """What contradicts itself is refused before anything is started."""
        for arguments, message in (
            (("--target", "podman:nginx"), "target must be bundled or docker:IMAGE[:TAG], got 'podman:nginx'"),
            (("--target", "docker:"), "target must be bundled or docker:IMAGE[:TAG]"),
            (("--target-port", "80"), "target_port 80 is that of a container"),
            (
                ("--target", "docker:nginx", "--url", "http://127.0.0.1:1/"),
                "is another server than target docker:nginx",
            ),
            (("--target", "docker:nginx", "--tls"), "tls is the bundled origin's"),
            (("--target", "docker:nginx", "--fault", "reset-in:1%"), "only be ordered from the bundled origin"),
            (("--target", "docker:nginx", "--target-port", "70000"), "target_port must be at most 65,535"),
        ):
            with self.subTest(arguments):
                done = self.run_command("run", "urllib3", *arguments, "--plan")
                self.assertEqual(2, done.returncode, done.stderr)
                self.assertIn(message, done.stderr)

    def test_the_plan(self):
        """Says what would be started, and starts nothing."""
        done = self.run_command("run", "urllib3", "--target", "docker:nginx:1.27", "--plan")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn("/ on a container of nginx:1.27", done.stdout)
