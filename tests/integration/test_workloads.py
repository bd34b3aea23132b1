"""Runs of workloads of every format, as a user starts them: what arrives, in which shares, and what is stored of it."""

import json
import tomllib

from http_benchmark.origin.process import OriginProcess
from tests.integration.command_case import ROOT, CommandCase
from tests.servers import refused_port

EXAMPLES = ROOT / "examples" / "workloads"


class WorkloadTest(CommandCase):
    def measure(self, file: str, *arguments: str, **changes: str) -> dict:
        ran = self.run_command(
            *("run", "--workload", str(EXAMPLES / file), "--json", "result.json", "--no-floor", "--seed", "1"),
            *("--blocks", "1", "--slices", "1", "--warmup", "0", *arguments),
            **changes,
        )
        self.assertEqual(0, ran.returncode, ran.stderr)
        self.output = ran.stdout
        return json.loads((self.folder / "result.json").read_text(encoding="utf-8"))

    def test_every_format(self):
        """Whole decks have exactly the ordered shares, one of them with all clients; no connection is needless."""
        for file, names, arguments in (
            ("shop.toml", {"search": 70, "article": 20, "add to cart": 10}, ()),
            ("page.har", {"GET /articles": 50, "POST /carts": 50}, ("pycurl:sync", "--url", "/anything")),
            ("requests.curl", {"GET /get": 50, "PUT /anything/articles/7": 50}, ("urllib3",)),
            ("login.toml", {"account": 60}, ("requests", "aiohttp", "--tls")),
            ("petstore.yaml", {"list pets": 33, "add a pet": 33, "show a pet": 33}, ("aiohttp",)),
        ):
            with self.subTest(file):
                requests = sum(names.values())
                result = self.measure(file, "--requests", str(requests), "--concurrency", "3", *arguments)
                self.assertEqual(list(names), [request["name"] for request in result["workload"]["requests"]])
                for client in result["clients"]:
                    if client["status"] == "unavailable":
                        continue
                    with self.subTest(client["contender"]):
                        self.assertEqual(("ok", {}), (client["status"], client["errors"]))
                        self.assertEqual(requests, client["server_requests"])
                        self.assertLessEqual(client["connections_opened"], 3)
                        self.assertEqual(names, {one["name"]: one["requests"] for one in client["by_request"]})
                        self.assertTrue(all(one["response_time_s"]["p50"] > 0 for one in client["by_request"]))
                self.assertIn(next(iter(names)), self.output)

    def test_every_example_is_run(self):
        """No file in examples/workloads is left out above, but for the data that one of them names."""
        data = tomllib.loads((EXAMPLES / "shop.toml").read_text(encoding="utf-8"))["data"]["users"]["csv"]
        self.assertEqual(
            {"shop.toml", "login.toml", "page.har", "requests.curl", "petstore.yaml", data},
            {path.name for path in EXAMPLES.iterdir()},
        )

    def test_the_open_model_and_several_processes(self):
        """Every arrival is a request of the workload; two processes share one order, deck by deck."""
        for arguments in (("--rate", "200/s"), ("--processes", "2")):
            with self.subTest(arguments):
                result = self.measure("shop.toml", "--requests", "200", "aiohttp", "urllib3", *arguments)
                for client in result["clients"]:
                    counts = {one["name"]: one["requests"] for one in client["by_request"]}
                    self.assertEqual({"search": 140, "article": 40, "add to cart": 20}, counts)

    def test_a_login_that_fails(self):
        """Nothing was measured: exit code 4, and the step's name."""
        (self.folder / "shop.toml").write_text(
            "[[setup]]\nname = 'log in'\nurl = '/status/403'\n[[request]]\nurl = '/'\n"
        )
        planned = self.run_command("run", "null", "--workload", "shop.toml", "--plan")
        refused = self.run_command("run", "null", "--workload", "shop.toml")

        self.assertEqual((0, 4), (planned.returncode, refused.returncode), refused.stderr)
        self.assertIn("shop.toml: setup 'log in' was answered 403", refused.stderr)
        self.assertNotIn("Traceback", refused.stderr)

    def test_no_fault_befalls_a_login(self):
        """Of any block: it is not measured; every request that is measured meets the fault."""
        ran = self.run_command(
            *("run", "urllib3", "--workload", str(EXAMPLES / "login.toml"), "--fault", "unavailable", "--no-floor"),
            *("--requests", "20", "--blocks", "2", "--slices", "1", "--warmup", "0", "--json", "result.json"),
        )
        (client,) = json.loads((self.folder / "result.json").read_text(encoding="utf-8"))["clients"]

        self.assertEqual({"http-5xx": 40}, client["errors"], ran.stderr)

    def test_events_of_a_stream(self):
        """Every event of every stream is seen, none before it was sent; who cannot tell is refused by name."""
        ran = self.run_command(
            *("run", "--url", "/tokens/20?gap=0.005", "--events", "--requests", "10", "--concurrency", "2"),
            *("--warmup", "0", "--blocks", "1", "--json", "result.json"),
        )
        self.assertEqual(0, ran.returncode, ran.stderr)
        clients = json.loads((self.folder / "result.json").read_text(encoding="utf-8"))["clients"]
        for client in clients:
            with self.subTest(client["contender"]):
                if client["status"] == "unavailable":
                    continue
                if client["library"] == "requestx":
                    self.assertIn("cannot hand over a stream while it arrives", client["message"])
                    continue
                events = client["events"]
                self.assertEqual((10, {}, 200), (client["requests"], client["errors"], events["events"]))
                self.assertEqual((10, 190), (events["first_event_s"]["count"], events["gap_s"]["count"]))
                until_last_s = events["first_event_s"]["mean"] + 19 * events["gap_s"]["mean"]
                self.assertGreaterEqual(until_last_s, 19 * 0.005)
                self.assertGreater(events["jitter_s"], 0)
        self.assertRegex(ran.stdout, r"events +ms +ms +ms +ms +ms +events/s")

    def test_events_are_no_requests(self):
        """Those of the requests that warm up and open connections count neither as sent nor as anything else."""
        for library in ("urllib3", "aiohttp"):
            with self.subTest(library):
                ran = self.run_command(
                    *("run", library, "--url", "/tokens/20?gap=0.001", "--events", "--requests", "10"),
                    *("--concurrency", "2", "--warmup", "0.1", "--blocks", "1", "--no-floor", "--json", "result.json"),
                )
                self.assertEqual(0, ran.returncode, ran.stderr)
                (client,) = json.loads((self.folder / "result.json").read_text(encoding="utf-8"))["clients"]
                self.assertEqual(client["server_requests"], client["sent_requests"])
                self.assertEqual(([], 1), (client["work"]["deviations"], client["rank"]))

    def test_errors_are_those_of_the_request(self):
        """One of two requests fails; its share and its errors show, and no secret does, wherever one looks."""
        (self.folder / "mixed.toml").write_text(
            '[[request]]\nname = "good"\nurl = "/get?api_key=${SHOP_KEY}"\n'
            '[[request]]\nname = "bad"\nurl = "/status/503"\nheaders = { X-Token = "${SHOP_KEY}" }\n'
        )
        result = self.measure(str(self.folder / "mixed.toml"), "--requests", "40", "aiohttp", SHOP_KEY="very-secret")
        (client,) = result["clients"]
        errors = {one["name"]: one["errors"] for one in client["by_request"]}

        self.assertEqual({"good": {}, "bad": {"http-5xx": 20}}, errors)
        self.assertIn("20 err.", self.output)
        everything = self.output.encode() + b"".join(path.read_bytes() for path in self.folder.glob("*.[jd][sb]*"))
        self.assertIn(b"api_key=***", everything)
        self.assertNotIn(b"very-secret", everything)

    def test_what_was_recorded_in_a_query_is_not_told(self):
        """A library that names the URL in its error tells where it failed, and not with which arguments."""
        url = f"http://127.0.0.1:{refused_port()}/page"
        entry = {"request": {"method": "GET", "url": f"{url}?sid=very-secret"}}
        (self.folder / "page.har").write_text(json.dumps({"log": {"entries": [entry]}}))
        ran = self.run_command("run", "requests", "--workload", str(self.folder / "page.har"), "--blocks", "1")
        everything = ran.stdout + ran.stderr

        self.assertIn("with url: /page?…", everything)
        self.assertNotIn("very-secret", everything)

    def test_what_a_login_gave_is_not_told(self):
        """Nor what stands in the data, when a library names the URL in its error."""
        origin = self.enterContext(OriginProcess())
        (self.folder / "users.csv").write_text("name\nhidden-name\n")
        gone = f"http://127.0.0.1:{refused_port()}"
        (self.folder / "shop.toml").write_text(
            f'[data.users]\ncsv = "users.csv"\n[[setup]]\nurl = "{origin.url}/anything?key=very-secret"\n'
            'take = { key = { json = "args.key" } }\n'
            f'[[request]]\nname = "cart"\nurl = "{gone}/carts/{{{{users.name}}}}/{{{{key}}}}"\n'
        )
        ran = self.run_command(
            "run", "requests", "--workload", "shop.toml", "--blocks", "1", "--json", "result.json", "-vv"
        )
        stored = b"".join(path.read_bytes() for path in self.folder.glob("*.[jd][sb]*")).decode(errors="replace")
        everything = ran.stdout + ran.stderr + stored

        self.assertIn("with url: /…", everything)
        self.assertNotIn("very-secret", everything)
        self.assertNotIn("hidden-name", everything)

    def test_a_plan_shows_the_requests(self):
        """With shares, variants, and what is left out."""
        planned = self.run_command("run", "null", "--workload", str(EXAMPLES / "petstore.yaml"), "--plan")

        self.assertEqual(0, planned.returncode, planned.stderr)
        self.assertIn("33 % list pets: GET /anything/pets?…", planned.stdout)
        self.assertIn("note: left out: DELETE /pets/{id}: no example for the query parameter 'reason'", planned.stdout)

    def test_what_cannot_be_is_said_at_once(self):
        """Exit code 2 and one line per fault; nothing is started."""
        (self.folder / "two.har").write_text(
            json.dumps(
                {
                    "log": {
                        "entries": [
                            {"request": {"method": "GET", "url": f"http://{host}/"}}
                            for host in ("a.example", "b.example")
                        ]
                    }
                }
            )
        )
        (self.folder / "broken.toml").write_text("[[request]]\nurl = 'x'\nweight = 0\n")
        for arguments, words in (
            (("--workload", "no.toml"), "workload cannot be read (No such file or directory), got 'no.toml'"),
            (("--workload", "broken.toml"), "request.0.weight: weight must be a number above 0, got 0"),
            (("--workload", "two.har"), "two.har has URLs of 2 hosts: a.example, b.example; name those"),
            (("--workload", "two.har", "--body", "x"), "workload and body contradict each other"),
            (("--workload-host", "a"), "workload_hosts a says nothing without a workload"),
        ):
            with self.subTest(arguments):
                refused = self.run_command("run", "null", *arguments)
                self.assertEqual(2, refused.returncode, refused.stderr)
                self.assertIn(words, refused.stderr)
                self.assertNotIn("Traceback", refused.stderr)
