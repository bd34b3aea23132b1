"""Attacks on the REST API: each is refused, with a problem that says nothing of what is inside."""

import asyncio
import contextlib
import hmac
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from unittest import mock

from http_benchmark.api import security, targets
from http_benchmark.api.app import shared_of
from http_benchmark.api.security import COOKIE, MOST_BODY_BYTES, RateLimit, session_of
from http_benchmark.api.settings import ServerSettings, read_token
from http_benchmark.api.targets import AllowedTarget, require_allowed
from http_benchmark.errors import ConfigurationError, StorageError
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from tests.integration.api_case import ApiCase
from tests.unit.records import an_experiment

TOKEN = "token-for-a-test-4711"
CANARY = "canary-4711-canary"
JOBS, EXPERIMENTS = "/api/v1/jobs", "/api/v1/experiments"
ORDER = {"contenders": ["null:sync"]}


class AttackCase(ApiCase):
    """Sees to it that nothing is told to an attacker."""

    def assert_problem(self, status: int, answer, *, without: str = CANARY) -> None:
        """It is the problem with this status, and this text stands nowhere in it."""
        self.assertEqual(status, answer.status_code, answer.text)
        self.assertEqual("application/problem+json", answer.headers["content-type"])
        self.assertEqual(status, answer.json()["status"])
        self.assertNotIn(without, answer.text)
        self.assertNotIn("Traceback", answer.text)
        self.assertNotIn(self.database, answer.text)

    def queued(self) -> int:
        return len(self.client.get(JOBS).json()["jobs"])


class HostTest(AttackCase):
    def test_other_names(self):
        """A page whose name was pointed at this machine (DNS rebinding) gets nothing."""
        for host in (
            *("evil.example", "evil.example:8000", "127.0.0.1.evil.example", "localhost.evil.example", "192.0.2.1"),
            *("localhost@evil.example", "localhost:80:80", "localhost:x", "", "[::1", "[127.0.0.1]evil", "::1"),
        ):
            with self.subTest(host):
                self.assert_problem(421, self.client.get(EXPERIMENTS, headers={"host": host}))
        twice = [("host", "127.0.0.1"), ("host", "evil.example")]
        self.assert_problem(421, self.client.get(EXPERIMENTS, headers=twice))

    def test_own_names(self):
        """The loopback's names with any port, since a tunnel may stand between."""
        for host in ("127.0.0.1:8000", "127.0.0.1", "localhost:9", "LOCALHOST", "localhost.", "[::1]:8000", "[::1]"):
            with self.subTest(host):
                self.assertEqual(200, self.client.get(EXPERIMENTS, headers={"host": host}).status_code)

    def test_allowed_names(self):
        """Off the loopback, addresses and the names that were allowed, and no others."""
        client = self.opened(host="0.0.0.0", token=TOKEN, allowed_hosts=["Bench.example"])
        for host, status in (("192.0.2.1:8000", 401), ("bench.example", 401), ("evil.example", 421)):
            with self.subTest(host):
                self.assertEqual(status, client.get(EXPERIMENTS, headers={"host": host}).status_code)


class ForeignPageTest(AttackCase):
    def test_writes_of_other_sites(self):
        """A browser that says where a write comes from is believed; reads are left to its own policy."""
        for headers in (
            {"origin": "http://evil.example"},
            {"origin": "null"},
            {"origin": "http://127.0.0.1:8001"},
            {"origin": "http://127.0.0.1:8000.evil.example"},
            {"sec-fetch-site": "cross-site"},
            {"sec-fetch-site": "same-site"},
            {"sec-fetch-site": "cross-site", "origin": "http://127.0.0.1:8000"},
        ):
            with self.subTest(headers):
                self.assert_problem(403, self.client.post(JOBS, json=ORDER, headers=headers))
                self.assert_problem(403, self.client.delete(f"{EXPERIMENTS}/e-1", headers=headers))
                self.assert_problem(403, self.client.put(f"{EXPERIMENTS}/e-1/tags", json={"tags": []}, headers=headers))
        twice = [("origin", "http://127.0.0.1:8000"), ("origin", "http://evil.example")]
        self.assert_problem(403, self.client.post(JOBS, json=ORDER, headers=twice))
        self.assertEqual(0, self.queued())

    def test_own_page(self):
        """The dashboard may write."""
        for headers in ({"origin": "http://127.0.0.1:8000", "sec-fetch-site": "same-origin"}, {}):
            self.assertEqual(202, self.client.post(JOBS, json=ORDER, headers=headers).status_code)

    def test_what_forms_can_send(self):
        """Anything but JSON is refused, since forms need nobody's leave to send it."""
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", None):
            with self.subTest(kind):
                headers = {"content-type": kind} if kind else {}
                self.assert_problem(415, self.client.post(JOBS, content=b'{"seed": 1}', headers=headers))

    def test_nobody_else_may_read(self):
        """No page of another origin is given leave, whatever it asks."""
        asking = {"origin": "http://evil.example", "access-control-request-method": "POST"}
        for answer in (self.client.get(EXPERIMENTS, headers=asking), self.client.options(JOBS, headers=asking)):
            self.assertFalse([name for name in answer.headers if name.startswith("access-control")])
            self.assertEqual("same-origin", answer.headers["cross-origin-resource-policy"])


class TokenTest(AttackCase):
    def setUp(self):
        super().setUp()
        self.client = self.opened(token=TOKEN)

    def test_without(self):
        """Nothing is told to who has no token, or a wrong one."""
        for headers in (
            {},
            *({"authorization": text} for text in ("Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}")),
            *({"authorization": text} for text in (TOKEN, f"Basic {TOKEN}", "Bearer \xff")),
            {"cookie": f"{COOKIE}={TOKEN}"},
            {"cookie": f"{COOKIE}="},
            {"cookie": f"{COOKIE}={session_of('another')}"},
            {"cookie": ";;=,\x01"},
        ):
            with self.subTest(headers):
                encoded = {name: text.encode("latin-1") for name, text in headers.items()}
                for path in (EXPERIMENTS, "/openapi.json", JOBS, "/nowhere"):
                    self.assert_problem(401, self.client.get(path, headers=encoded), without=TOKEN)

    def test_how_nearly_says_nothing(self):
        """Tokens are told apart in as many steps wherever they differ, by what compares bytes in constant time."""
        given = ["x" + TOKEN[1:], TOKEN[:-1] + "x", "x" * len(TOKEN), TOKEN]
        with mock.patch.object(security.hmac, "compare_digest", wraps=hmac.compare_digest) as compare:
            self.steps_of(TOKEN)  # the first one is not seen
            steps = {self.steps_of(one) for one in given}
        self.assertEqual(1, len(steps))
        self.assertGreater(steps.pop(), 1)
        self.assertEqual(1 + len(given), compare.call_count)
        self.assertEqual({32}, {len(part) for call in compare.call_args_list for part in call.args})

    @staticmethod
    def steps_of(given: str) -> int:
        """How many instructions Python executes to tell whether this is the token."""
        count = 0

        def step(frame, event, _):
            nonlocal count
            frame.f_trace_opcodes = frame.f_code is security.is_token.__code__
            count += event == "opcode"
            return step

        sys.settrace(step)
        try:
            security.is_token(given, TOKEN)
        finally:
            sys.settrace(None)
        return count

    def test_with(self):
        """In the header, or as the cookie that it was exchanged for."""
        self.assertEqual(200, self.client.get(JOBS, headers={"authorization": f"Bearer {TOKEN}"}).status_code)
        answer = self.client.post("/api/v1/session", json={"token": TOKEN})
        self.assertEqual(204, answer.status_code)
        cookie = answer.headers["set-cookie"]
        self.assertNotIn(TOKEN, cookie)
        self.assertIn("HttpOnly", cookie)
        self.assertIn("SameSite=strict", cookie)
        self.assertEqual(200, self.client.get(JOBS).status_code)
        self.client.delete("/api/v1/session")
        self.assert_problem(401, self.client.get(JOBS))

    def test_over_tls(self):
        """A cookie that came over TLS, which a server in front may speak, is sent over nothing else."""
        for origin, secure in (("https://127.0.0.1:8000", True), ("http://127.0.0.1:8000", False)):
            with self.subTest(origin):
                answer = self.client.post("/api/v1/session", json={"token": TOKEN}, headers={"origin": origin})
                self.assertEqual(secure, "; Secure" in answer.headers["set-cookie"])

    def test_wrong_sign_in(self):
        """It gets no cookie, and the answer does not repeat what was tried."""
        answer = self.client.post("/api/v1/session", json={"token": CANARY})
        self.assert_problem(401, answer)
        self.assertNotIn("set-cookie", answer.headers)

    def test_health_is_open(self):
        """Who watches the server needs no token."""
        self.assertEqual(200, self.client.get("/api/v1/health").status_code)

    def test_off_the_loopback(self):
        """A server that others reach has a token that cannot be guessed."""
        with self.assertRaisesRegex(ConfigurationError, "give it a token"):
            ServerSettings(database=self.database, host="0.0.0.0")
        for token in ("short", "fifteen letters!", "schlüssel-4711-4711"):
            with self.subTest(token), self.assertRaisesRegex(ConfigurationError, "16 characters") as caught:
                read_token(None, {"HTTP_BENCHMARK_TOKEN": token})
            self.assertNotIn(token, str(caught.exception))
        self.assertNotIn(TOKEN, repr(ServerSettings(database=self.database, token=TOKEN)))


class AmountTest(AttackCase):
    def test_large_bodies(self):
        """More than a mebibyte is refused, whether its size is announced or not."""
        body = b'{"name": "' + b"x" * MOST_BODY_BYTES + b'"}'
        headers = {"content-type": "application/json"}

        self.assert_problem(413, self.client.post(JOBS, content=body, headers=headers), without="xxx")

        async def chunks() -> AsyncIterator[bytes]:
            for start in range(0, len(body), 65536):
                yield body[start : start + 65536]

        self.assert_problem(413, self.client.post(JOBS, content=chunks(), headers=headers), without="xxx")

    def test_slow_bodies(self):
        """Nobody is waited for without end."""

        async def chunks() -> AsyncIterator[bytes]:
            yield b"{"
            await asyncio.Event().wait()

        with mock.patch.object(security, "_BODY_PATIENCE_S", 0.05):
            answer = self.client.post(JOBS, content=chunks(), headers={"content-type": "application/json"})
        self.assert_problem(408, answer)
        self.assertEqual("close", answer.headers["connection"])

    def test_nested_json(self):
        """What would overflow a parser's stack is no error of the server."""
        body = b"[" * 200_000
        self.assert_problem(422, self.client.post(JOBS, content=body, headers={"content-type": "application/json"}))

    def test_too_often(self):
        """Who has used up a burst waits; health is no way around, and others are not held up."""
        client = self.opened(requests_per_s=0.001, burst=3)
        statuses = [client.get(path).status_code for path in (JOBS, "/api/v1/health", JOBS, JOBS, "/api/v1/health")]
        self.assertEqual([200, 200, 200, 429, 429], statuses)
        self.assertLess(0, int(client.get(JOBS).headers["retry-after"]))

    def test_refilled(self):
        """The bucket fills at the rate, up to the burst, for each caller by itself."""
        now_s = [0.0]
        limit = RateLimit(2.0, 2, lambda: now_s[0])

        def allowed(caller: str) -> bool:
            with contextlib.suppress(Exception):
                limit.require_room(caller)
                return True
            return False

        self.assertEqual([True, True, False], [allowed("a") for _ in range(3)])
        self.assertTrue(allowed("b"))
        now_s[0] = 0.5
        self.assertEqual([True, False], [allowed("a") for _ in range(2)])
        now_s[0] = 100.0
        self.assertEqual([True, True, False], [allowed("a") for _ in range(3)])

    def test_too_many_jobs(self):
        """A full queue takes no more."""
        with mock.patch("http_benchmark.database.jobs.MOST_QUEUED", 2):
            statuses = [self.client.post(JOBS, json=ORDER).status_code for _ in range(3)]
        self.assertEqual([202, 202, 409], statuses)

    def test_too_large_jobs(self):
        """Nobody can keep the machine for days, or fill its memory."""
        for setting in (
            *({"concurrency": 1001}, {"duration": 601}, {"blocks": 101}, {"processes": 17}, {"body_size": 2**30}),
            *(
                {"timeout": 1e9},
                {"rate": 1e9},
                {"slices": 10**6},
                {"contenders": ["null:sync"] * 21},
                {"tag": ["x"] * 21},
            ),
            *({"requests": 10**12}, {"warmup": 1e6}, {"think_time": 1e6}, {"retries": 10**6}),
        ):
            with self.subTest(setting):
                self.assert_problem(422, self.client.post(JOBS, json=setting))


class OrderTest(AttackCase):
    def setUp(self):
        super().setUp()
        allowed = [AllowedTarget("bench.example", 8080, frozenset({"192.0.2.1"}))]
        self.client = self.opened(allowed_targets=allowed)
        self.addresses = {"bench.example": {"192.0.2.1"}}
        resolve = mock.patch.object(targets.socket, "getaddrinfo", self.resolve)
        self.enterContext(resolve)

    def resolve(self, host, *_, **__):
        return [(None, None, None, "", (address, 0)) for address in self.addresses.get(host, {host})]

    def test_targets_that_nobody_allowed(self):
        """However they are written, and whatever stands in front of them."""
        for url in (
            *("http://evil.example/", "http://bench.example/", "https://bench.example:8443/", "http://127.0.0.1:8080/"),
            *("http://169.254.169.254/latest/meta-data", "http://[::ffff:192.0.2.1]:8080/", "http://192.0.2.1:8080/"),
            *("http://bench.example:8080@evil.example/", "http://bench.example:8080.evil.example/", "http://0/"),
            *("http://bench.example.:8080/", "http://2130706433/", "http://evil.example:8080/#@bench.example:8080"),
            *(
                "ftp://bench.example:8080/",
                "file:///etc/passwd",
                "bench.example:8080",
                "http://bench.example:8080\\@e.x/",
            ),
        ):
            with self.subTest(url):
                self.assert_problem(422, self.client.post(JOBS, json={"url": url}))
        self.assertEqual(0, self.queued())

    def test_allowed_targets(self):
        """The bundled origin's paths, also those that look like hosts, and the server that was listed."""
        for url in ("/bytes/10", "//evil.example/get", "http://bench.example:8080/get", "http://BENCH.example:8080/"):
            with self.subTest(url):
                self.assertEqual(202, self.client.post(JOBS, json={"url": url}).status_code)

    def test_names_that_lead_elsewhere(self):
        """A name that was pointed at another address since the server's start is refused, as is one that is gone."""
        for addresses in ({"169.254.169.254"}, {"192.0.2.1", "127.0.0.1"}, set()):
            with self.subTest(addresses):
                self.addresses["bench.example"] = addresses
                self.assert_problem(422, self.client.post(JOBS, json={"url": "http://bench.example:8080/"}))

    def test_before_the_measurement(self):
        """The process that measures asks again, since time has passed in the queue."""
        allowed = [AllowedTarget("bench.example", None, frozenset({"192.0.2.1"}))]
        asked = ExperimentConfiguration(url="https://bench.example/")
        require_allowed(asked, allowed, lambda _: {"192.0.2.1"})
        with self.assertRaisesRegex(ConfigurationError, "leads elsewhere"):
            require_allowed(asked, allowed, lambda _: {"127.0.0.1"})

    def test_no_containers(self):
        """Whoever reaches the server starts no images with it, neither in the queue nor before the measurement."""
        self.assert_problem(422, self.client.post(JOBS, json={"target": "docker:nginx"}))
        with self.assertRaisesRegex(ConfigurationError, "the command line starts containers"):
            require_allowed(ExperimentConfiguration(target="docker:nginx"), [])

    def test_no_redirects(self):
        """A server that was allowed cannot send the load on: following is not among the settings."""
        order = {"url": "http://bench.example:8080/", "follow_redirects": True}
        self.assert_problem(422, self.client.post(JOBS, json=order))

    def test_secrets_of_the_server(self):
        """A text that refers to one is refused before it is looked up; written with another dollar it is a text."""
        with mock.patch.dict("os.environ", CANARY=CANARY):
            for order in (
                {"url": "/get?key=${env:CANARY}"},
                {"headers": {"X-Key": "Bearer ${env:CANARY}"}},
                {"headers": {"Accept": "${file:/etc/passwd}"}},
                {"method": "POST", "body": "${env:CANARY}"},
                {"method": "POST", "body": "${keyring:shop/me}"},
            ):
                with self.subTest(order):
                    answer = self.client.post(JOBS, json=order)
                    self.assert_problem(422, answer)
                    self.assertIn("may not refer to secrets of the server", answer.json()["detail"])
        order = {"method": "POST", "body": "$${env:CANARY}"}
        self.assertEqual(202, self.client.post(JOBS, json=order).status_code)

    def test_files_and_environments(self):
        """Nothing of the server's files is read, and nothing is installed or built."""
        for order in (
            *({"body_file": "/etc/passwd"}, {"workload": "/etc/passwd"}, {"ca": "/etc/passwd"}),
            *({"proxy": "http://evil.example:3128"}, {"database_url": "x"}, {"config": "x"}),
            *({"contenders": [text]} for text in ("httpx@/tmp", "httpx@./src:sync", "httpx==0.1", "null;id", "../x")),
        ):
            with self.subTest(order):
                self.assert_problem(422, self.client.post(JOBS, json=order))

    def test_what_was_typed_is_not_shown(self):
        """Headers and bodies are secrets of the caller: not in answers, not in the database."""
        order = {"method": "POST", "headers": {"X-Key": CANARY}, "body": CANARY, "url": f"/get?token={CANARY}"}
        answer = self.client.post(JOBS, json=order)

        self.assertEqual(202, answer.status_code)
        self.assertNotIn(CANARY, answer.text)
        self.assertNotIn(CANARY, self.client.get(JOBS).text)
        stored = b"".join(path.read_bytes() for path in Path(self.database).parent.iterdir())
        self.assertNotIn(CANARY.encode(), stored)
        for order in ({"headers": {"X-Key": [CANARY]}}, {"body": {CANARY: CANARY}}, {"url": [CANARY]}):
            self.assert_problem(422, self.client.post(JOBS, json=order))


class IdentifierTest(AttackCase):
    def test_paths(self):
        """IDs are no paths: what leads out of a folder leads nowhere."""
        for identifier in (
            *("..%2f..%2fetc%2fpasswd", "%2e%2e%2f%2e%2e", "..\\..\\x", "%00", "x%00", "x%0d%0aX-Evil:%201", "x%22;x"),
            *("x" * 101, "%f0%9f%92%a3", "'%20OR%201=1--", "%25", "*"),
        ):
            for path in (EXPERIMENTS, "/api/v1/results", JOBS):
                for method in ("GET", "DELETE"):
                    with self.subTest(path=path, identifier=identifier):
                        answer = self.client.request(method, f"{path}/{identifier}")
                        self.assertIn(answer.status_code, {404, 405, 422})
                        self.assert_problem(answer.status_code, answer)
            answer = self.client.get(f"{EXPERIMENTS}/{identifier}/export?format=json")
            self.assertIn(answer.status_code, {404, 422})
            self.assertNotIn("x-evil", answer.headers)

    def test_beginnings(self):
        """An ID is given whole, so that nobody deletes another one by a slip."""
        storage = shared_of(self.client.app).storage
        storage.start_experiment(an_experiment("3f2a-whole"))

        for method in ("GET", "DELETE"):
            self.assert_problem(404, self.client.request(method, f"{EXPERIMENTS}/3f2a"))
        self.assertEqual(200, self.client.get(f"{EXPERIMENTS}/3f2a-whole").status_code)


class InternalsTest(AttackCase):
    def test_faults_inside(self):
        """Whatever breaks, the caller is told that it broke; the log is told the rest."""
        for error, status in (
            (RuntimeError(f"{CANARY} in {self.database}"), 500),
            (StorageError(f"database {self.database} {CANARY}"), 503),
        ):
            for path in (EXPERIMENTS, f"{EXPERIMENTS}/e-1"):
                with (
                    self.subTest(path=path, status=status),
                    mock.patch("http_benchmark.storage.ResultStorage.page_of_experiments", side_effect=error),
                    mock.patch("http_benchmark.storage.ResultStorage.has_experiment", side_effect=error),
                    mock.patch("loguru.logger.opt"),
                    mock.patch("loguru.logger.error"),
                ):
                    self.assert_problem(status, self.client.get(path))

    def test_headers_of_every_answer(self):
        """Strict rules for browsers, on errors too; and no word of what the server is made of."""
        answers = [
            self.client.get(EXPERIMENTS),
            self.client.get("/api/nowhere"),
            self.client.get(JOBS, headers={"host": "evil.example"}),
            self.client.post(JOBS, content=b"x", headers={"content-type": "text/plain"}),
            self.client.delete("/api/v1/health"),
        ]
        self.assertEqual([200, 404, 421, 415, 405], [answer.status_code for answer in answers])
        for answer in answers:
            policy = answer.headers["content-security-policy"]
            self.assertIn("default-src 'none'", policy)
            self.assertIn("frame-ancestors 'none'", policy)
            self.assertNotIn("unsafe", policy)
            self.assertEqual("nosniff", answer.headers["x-content-type-options"])
            self.assertEqual("no-referrer", answer.headers["referrer-policy"])
            self.assertEqual("no-store", answer.headers["cache-control"])
            self.assertNotIn("server", answer.headers)

    def test_no_pages_with_foreign_scripts(self):
        """FastAPI's own documentation pages load scripts from elsewhere, and are not there."""
        for path in ("/docs", "/redoc"):
            answer = self.client.get(path)
            self.assertEqual(404, answer.status_code)
            self.assertNotIn("<script", answer.text)
