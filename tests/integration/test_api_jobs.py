"""Jobs over REST with the real server: ordered, watched, cancelled; the server killed and started again."""

import http.server
import json
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import psutil

from http_benchmark.api.jobs import Feed, Measuring
from http_benchmark.database.jobs import MOST_QUEUED
from tests.integration.command_case import PATIENCE_S, CommandCase

BLOCKS = 8
ORDER: dict[str, Any] = {
    "contenders": ["null:sync", "null:async"],
    "slices": 2,
    "requests": 200,
    "warmup": 0,
    "seed": 7,
    "floor": False,
    "blocks": BLOCKS,
}


class Event(NamedTuple):
    kind: str
    data: dict[str, Any]
    number: int | None


class ServerCase(CommandCase):
    """Starts the server, and talks to it."""

    def serve(self, *options: str, **changes: str) -> tuple[subprocess.Popen[str], httpx.Client]:
        process = self.start("serve", "--port", "0", *options, **changes)
        line = process.stdout.readline()
        if not line:
            self.fail(process.stderr.read())
        self.assertRegex(line, r"listening on http://127\.0\.0\.1:\d+/ \(Ctrl-C ends it\)")
        url = f"{line.split()[2]}api/v1"
        return process, self.enterContext(httpx.Client(base_url=url, timeout=PATIENCE_S, trust_env=False))

    def order(self, client: httpx.Client, **changes: Any) -> str:
        answer = client.post("/jobs", json=ORDER | changes)
        self.assertEqual(202, answer.status_code, answer.text)
        self.assertEqual(f"/api/v1/jobs/{answer.json()['id']}", answer.headers["location"])
        return answer.json()["id"]

    def events(self, client: httpx.Client, job_id: str, after: int = 0) -> Iterator[Event]:
        headers = {"Last-Event-ID": str(after)} if after else {}
        with client.stream("GET", f"/jobs/{job_id}/events", headers=headers) as answer:
            self.assertEqual(200, answer.status_code)
            self.assertRegex(answer.headers["content-type"], "^text/event-stream")
            fields: dict[str, str] = {}
            for line in answer.iter_lines():
                if line:
                    name, _, text = line.partition(": ")
                    fields[name] = text
                elif "event" in fields:
                    number = int(fields["id"]) if "id" in fields else None
                    yield Event(fields["event"], json.loads(fields["data"]), number)
                    fields = {}

    def until_block(self, client: httpx.Client, job_id: str, block: int) -> int:
        """Wait until a block is stored; the number of its event."""
        for event in self.events(client, job_id):
            if event.kind == "block" and event.data["block"] == block:
                return event.number
        return self.fail("the job ended")

    def ended(self, client: httpx.Client, job_id: str) -> dict[str, Any]:
        """The job once it has ended."""
        for _ in self.events(client, job_id):
            pass
        return client.get(f"/jobs/{job_id}").json()

    def blocks(self, job_id: str) -> list[Any]:
        return self.open_storage().get_blocks(job_id)

    def end(self, process: subprocess.Popen[str], number: int = signal.SIGTERM) -> str:
        """End the server; what it complained of."""
        family = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(number)
        _, errors = process.communicate(timeout=PATIENCE_S)
        self.assertEqual(0, process.returncode, errors)
        self.assert_ended(family)
        return errors


class JobTest(ServerCase):
    def test_from_order_to_deletion(self):
        """What was ordered is measured, its events tell of it in order, and its experiment is there until deleted."""
        process, client = self.serve()
        job_id = self.order(client, name="by REST", tag=["rest"])
        events = [*self.events(client, job_id)]
        stored = [event for event in events if event.number is not None]

        self.assertEqual([*range(1, len(stored) + 1)], [event.number for event in stored])
        self.assertEqual(["status", "status", "plan", *["block"] * BLOCKS, "status"], [event.kind for event in stored])
        self.assertEqual("finished", stored[-1].data["status"])
        self.assertLess(0, sum(event.kind == "progress" for event in events))
        self.assertEqual(["null:sync", "null:async"], stored[2].data["contenders"])

        job = client.get(f"/jobs/{job_id}").json()
        experiment = client.get(f"/experiments/{job_id}").json()
        self.assertEqual(("finished", True, None), (job["status"], job["has_experiment"], job["message"]))
        self.assertEqual((job_id, "by REST", BLOCKS), (experiment["id"], experiment["name"], experiment["blocks"]))
        [listed] = client.get("/experiments", params={"tag": "rest"}).json()["experiments"]
        self.assertEqual(job_id, listed["id"])

        self.assertEqual([event.number for event in stored][5:], [e.number for e in self.events(client, job_id, 5)])
        done = client.get(f"/jobs/{job_id}/events", headers={"Last-Event-ID": str(stored[-1].number)})
        self.assertEqual(204, done.status_code)
        self.assertEqual(409, client.delete(f"/jobs/{job_id}").status_code)
        self.assertEqual(204, client.delete(f"/experiments/{job_id}").status_code)
        self.assertEqual(404, client.get(f"/experiments/{job_id}").status_code)
        self.assertFalse(client.get(f"/jobs/{job_id}").json()["has_experiment"])
        self.assertEqual("", self.end(process))

    def test_one_after_the_other(self):
        """The second begins when the first has ended, in the order in which they were sent."""
        _, client = self.serve()
        ids = [self.order(client, blocks=blocks) for blocks in (10, 1, 1)]
        cancelled = client.delete(f"/jobs/{ids[1]}").json()
        jobs = [self.ended(client, job_id) for job_id in ids]

        self.assertEqual("cancelled", cancelled["status"])
        self.assertEqual(["finished", "cancelled", "finished"], [job["status"] for job in jobs])
        self.assertIsNone(jobs[1]["started_at"])
        self.assertLessEqual(jobs[0]["finished_at"], jobs[2]["started_at"])
        listed = client.get("/jobs", params={"limit": 2}).json()
        rest = client.get("/jobs", params={"limit": 2, "before": listed["next"]}).json()
        self.assertEqual(ids[::-1], [job["id"] for job in listed["jobs"] + rest["jobs"]])
        self.assertIsNone(rest["next"])

    def test_cancelled(self):
        """A job that is measured ends soon, keeps its blocks, and leaves the machine to the next one."""
        process, client = self.serve()
        job_id, following = self.order(client, blocks=100), self.order(client, blocks=1)
        self.until_block(client, job_id, 1)
        self.assertEqual(409, client.delete(f"/experiments/{job_id}").status_code)
        answers = [client.delete(f"/jobs/{job_id}") for _ in range(2)]
        job = self.ended(client, job_id)

        self.assertEqual([200, 200], [answer.status_code for answer in answers])
        self.assertEqual("cancelled", job["status"])
        self.assertEqual("finished", self.ended(client, following)["status"])
        experiment = client.get(f"/experiments/{job_id}").json()
        self.assertEqual("interrupted", experiment["status"])
        self.assertEqual([*range(experiment["blocks"])], [block.number for block in self.blocks(job_id)])
        self.assertTrue(2 <= experiment["blocks"] < 100)
        self.assertEqual("", self.end(process))

    def test_a_process_that_dies(self):
        """Its job failed, keeps its blocks, and does not hold up the next one; what is inside is not told."""
        process, client = self.serve()
        job_id, following = self.order(client, blocks=100), self.order(client, blocks=1)
        self.until_block(client, job_id, 0)
        [runner] = psutil.Process(process.pid).children()
        family = runner.children(recursive=True)
        runner.kill()
        job = self.ended(client, job_id)

        self.assert_ended(family)
        self.assertEqual(("failed", True), (job["status"], job["has_experiment"]))
        self.assertEqual("the process that measured it died; the server's log says how", job["message"])
        self.assertLessEqual(1, len(self.blocks(job_id)))
        self.assertEqual("finished", self.ended(client, following)["status"])

    def test_a_database_that_fails(self):
        """Who ordered is told that it did; what the database says is for the log."""
        process, client = self.serve()
        job_id = self.order(client, blocks=100)
        self.until_block(client, job_id, 0)
        self.assertTrue(self.open_storage().delete_experiment(job_id))
        job = self.ended(client, job_id)

        self.assertEqual(("failed", False), (job["status"], job["has_experiment"]))
        self.assertEqual("the database failed; the server's log says why", job["message"])
        self.assertIn(f"there is no experiment '{job_id}' in the database", self.end(process))

    def test_orders_that_nobody_asks_for(self):
        """What was typed for jobs that another server measures does not fill the memory."""
        measuring = Measuring("unused.db", [], Feed())
        for number in range(MOST_QUEUED + 50):
            measuring.keep_order(str(number), {"body": "x"})

        kept = [*measuring._orders]
        self.assertEqual((MOST_QUEUED + 1, str(MOST_QUEUED + 49)), (len(kept), kept[-1]))

    def test_a_target_that_redirects(self):
        """A server that was allowed cannot send the load on to another one."""
        reached: list[str] = []
        elsewhere = self.web_server(reached)
        allowed = self.web_server([], redirect_to=f"http://127.0.0.1:{elsewhere}/secret")
        _, client = self.serve("--allow-target", f"127.0.0.1:{allowed}")
        url = f"http://127.0.0.1:{allowed}/"
        job_id = self.order(client, contenders=["urllib3:sync", "requests:sync"], url=url, blocks=1, requests=20)
        refused = client.post("/jobs", json=ORDER | {"url": f"http://127.0.0.1:{elsewhere}/"})

        self.assertEqual("finished", self.ended(client, job_id)["status"])
        self.assertEqual([], reached)
        self.assertEqual(422, refused.status_code)

    def web_server(self, reached: list[str], redirect_to: str | None = None) -> int:
        """A server that notes what it is asked, and redirects; its port."""

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                reached.append(self.path)
                self.send_response(302 if redirect_to else 200)
                if redirect_to:
                    self.send_header("Location", redirect_to)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return server.server_port


class RestartTest(ServerCase):
    def test_killed(self):
        """All dies with the server; the next one goes on, with every block once, and events go on where they were."""
        process, client = self.serve()
        job_id, following = self.order(client), self.order(client, blocks=1)
        seen = self.until_block(client, job_id, 2)
        family = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        process.communicate()
        self.assert_ended(family)
        before = self.blocks(job_id)
        _, client = self.serve()
        events = [*self.events(client, job_id, seen)]
        after = self.blocks(job_id)

        self.assertLessEqual(3, len(before))
        self.assertEqual(before, after[: len(before)])
        self.assertEqual([*range(BLOCKS)], [block.number for block in after])
        numbers = [event.number for event in events if event.number is not None]
        self.assertEqual([*range(seen + 1, seen + 1 + len(numbers))], numbers)
        told = [event.data["block"] for event in events if event.kind == "block"]
        self.assertEqual([*range(told[0], BLOCKS)], told)
        self.assertEqual("finished", client.get(f"/jobs/{job_id}").json()["status"])
        self.assertEqual(2, len(self.open_storage().get_experiment(job_id).provenance.sessions))
        self.assertEqual("finished", self.ended(client, following)["status"])

    def test_told_to_end(self):
        """It ends in order in the middle of a job and of a stream, leaves nothing running, and goes on next time."""
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(signal.Signals(number).name):
                process, client = self.serve()
                job_id = self.order(client)
                watched = self.events(client, job_id)
                next(event for event in watched if event.kind == "block")
                self.assertEqual("", self.end(process, number))
                self.assertNotIn("finished", [event.data.get("status") for event in watched])
                self.assertEqual("interrupted", self.open_storage().get_experiment(job_id).status)
                process, client = self.serve()
                self.assertEqual("finished", self.ended(client, job_id)["status"])
                self.assertEqual([*range(BLOCKS)], [block.number for block in self.blocks(job_id)])
                self.end(process)

    def test_told_to_end_at_once(self):
        """A job whose process has hardly begun waits for the next server, as any other."""
        process, client = self.serve()
        job_id = self.order(client, blocks=1)
        next(event for event in self.events(client, job_id) if event.data["status"] == "running")
        self.assertEqual("", self.end(process))
        _, client = self.serve()

        self.assertEqual("finished", self.ended(client, job_id)["status"])

    def test_what_was_typed_is_lost(self):
        """A job with a typed secret that no server remembers fails, and says what to send again."""
        process, client = self.serve()
        first = self.order(client, blocks=100)
        job_id = self.order(client, headers={"X-Key": "canary-4711"})
        self.until_block(client, first, 0)
        process.kill()
        process.communicate()
        _, client = self.serve()
        client.delete(f"/jobs/{first}")
        job = self.ended(client, job_id)

        self.assertEqual("failed", job["status"])
        self.assertIn("typed", job["message"])
        self.assertNotIn("canary", json.dumps(job))

    def test_two_servers(self):
        """Of two on one database one measures; the other's orders are measured too, and seen by both."""
        first, one = self.serve()
        job_id = self.order(one, blocks=4)
        self.until_block(one, job_id, 0)
        _, other = self.serve()
        ordered = self.order(other, blocks=1)

        self.assertEqual("finished", self.ended(other, job_id)["status"])
        self.assertEqual("finished", self.ended(other, ordered)["status"])
        jobs = [one.get(f"/jobs/{identifier}").json() for identifier in (job_id, ordered)]
        self.assertLessEqual(jobs[0]["finished_at"], jobs[1]["started_at"])
        self.end(first)
        self.assertEqual("finished", self.ended(other, self.order(other, blocks=1))["status"])

    def test_cancelled_at_another_server(self):
        """The one that measures need not end the block to notice."""
        process, one = self.serve()
        _, other = self.serve()
        job_id = self.order(one, blocks=1, requests=None, duration=600, slices=100)
        next(event for event in self.events(one, job_id) if event.kind == "progress")
        family = psutil.Process(process.pid).children(recursive=True)
        self.assertEqual(200, other.delete(f"/jobs/{job_id}").status_code)
        _, alive = psutil.wait_procs(family, timeout=PATIENCE_S)

        self.assertEqual([], alive)
        self.assertEqual("", self.end(process))


class CommandTest(ServerCase):
    def test_taken_port(self):
        """One line, with what to do."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
            done = self.run_command("serve", "--port", port)

        self.assertEqual((2, ""), (done.returncode, done.stdout))
        self.assertEqual(1, len(done.stderr.splitlines()), done.stderr)
        self.assertIn(f"cannot listen on 127.0.0.1:{port} (Address already in use); choose another", done.stderr)

    def test_wrong_usage(self):
        """What would be open to others, or names nothing, is refused before anything is opened."""
        for arguments, message in (
            (("--host", "0.0.0.0"), "whoever reaches 0.0.0.0 could use this server; give it a token"),
            (("--token-file", "nowhere"), "${file:nowhere} cannot be read"),
            (("--allow-target", "http://x/"), "allowed target 'http://x/' must look like HOST or HOST:PORT"),
            (("--allow-target", "nowhere.invalid"), "allowed target 'nowhere.invalid' has no address"),
            (("--host", "nowhere.invalid"), "token"),
        ):
            with self.subTest(arguments):
                done = self.run_command("serve", "--port", "0", *arguments)
                self.assertEqual(2, done.returncode, done.stderr)
                self.assertIn(message, done.stderr)
                self.assertEqual(1, len(done.stderr.splitlines()), done.stderr)

    def test_a_token(self):
        """From a file or the variable, never shown, and not in the environment of what is started."""
        token = "token-for-a-test-4711"
        (self.folder / "token").write_text(f"{token}\n")
        (self.folder / "token").chmod(0o600)
        for options, changes in ((("--token-file", "token"), {}), ((), {"HTTP_BENCHMARK_TOKEN": token})):
            with self.subTest(options):
                process, client = self.serve(*options, **changes)
                self.assertEqual(401, client.get("/jobs").status_code)
                client.headers["Authorization"] = f"Bearer {token}"
                job_id = self.order(client, blocks=100)
                self.until_block(client, job_id, 0)
                for child in psutil.Process(process.pid).children(recursive=True):
                    self.assertNotIn(token, " ".join([*child.environ().values(), *child.cmdline()]))
                self.assertNotIn(token, self.end(process))

    def test_priority(self):
        """Answers are given at the lowest priority; what is measured keeps the one of the command."""
        process, client = self.serve()
        normal = psutil.Process().nice()
        job_id = self.order(client, blocks=100)
        self.until_block(client, job_id, 0)
        family = psutil.Process(process.pid).children(recursive=True)

        self.assertEqual(19, psutil.Process(process.pid).nice())
        self.assertEqual({normal}, {child.nice() for child in family})
        self.end(process)
