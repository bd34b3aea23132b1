"""What is sent before anything is measured: who logs in, what is taken out of the answers, what goes wrong."""

import tempfile
import unittest
from pathlib import Path

from http_benchmark.clients.base import ClientOptions
from http_benchmark.errors import TargetError
from http_benchmark.origin.process import OriginProcess
from http_benchmark.workloads.mixing import mix_of
from http_benchmark.workloads.reading import read_workload
from http_benchmark.workloads.setup import as_if_set_up, set_up
from http_benchmark.workloads.workload import Workload
from tests.servers import refused_port

LOGIN = """
[data.users]
csv = "users.csv"

[[setup]]
name = "token"
url = "/anything?grant=1"
take = { token = { json = "args.grant" }, kind = { header = "content-type" }, method = { json = "method" } }

[[setup]]
name = "log in"
url = "/cookies/set?session={{users.name}}-{{token}}&lang=en"
for-each = "users"
take = { session = { cookie = "session" }, all = "cookies" }

[[request]]
url = "/cookies"
headers = { Cookie = "session={{users.session}}", X-All = "{{users.all}}", Authorization = "Bearer {{token}}" }
"""


class SetupTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.origin = cls.enterClassContext(OriginProcess())

    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def read(self, text: str) -> Workload:
        (self.folder / "users.csv").write_text("name\nada\ngrace\n")
        path = self.folder / "shop.toml"
        path.write_text(text)
        return read_workload(path)

    def ready(self, text: str, url: str | None = None) -> Workload:
        options = ClientOptions(concurrency=1, timeout_s=5.0)
        return set_up(self.read(text), url or self.origin.url, moved=False, headers=(), options=options)

    def test_each_user_logs_in(self):
        """A value for all, then a cookie for each row; later requests have them, and each user keeps its own."""
        before = self.origin.counts()
        workload = self.ready(LOGIN)
        mix = mix_of(workload, self.origin.url, seed=1, concurrency=1)

        self.assertEqual({"token": "1", "kind": "application/json", "method": "GET"}, workload.taken)
        self.assertEqual(
            {
                (
                    ("Cookie", f"session={name}-1"),
                    ("X-All", f"session={name}-1; lang=en"),
                    ("Authorization", "Bearer 1"),
                )
                for name in ("ada", "grace")
            },
            {request.headers for request in mix.requests},
        )
        self.assertEqual(3, (self.origin.counts() - before).requests)

    def test_looking_asks_nothing(self):
        """A plan has something in the place of each value."""
        before = self.origin.counts()
        mix = mix_of(as_if_set_up(self.read(LOGIN)), self.origin.url, seed=1, concurrency=1)

        self.assertEqual(
            (("Cookie", "session=x"), ("X-All", "x"), ("Authorization", "Bearer x")), mix.requests[0].headers
        )
        self.assertEqual(0, (self.origin.counts() - before).requests)

    def test_a_header_that_is_there_twice(self):
        """Is sent twice."""
        step = 'url = "/headers"\nheaders = ["X-A: 1", "X-A: 2"]\ntake = { both = { json = "headers.X-A" } }'

        self.assertEqual({"both": "1,2"}, self.ready(f'[[setup]]\n{step}\n[[request]]\nurl = "/"\n').taken)

    def test_user_and_password_in_a_url(self):
        """Are Basic credentials, percent-decoded; a header of the file wins."""
        with_user = self.origin.url.replace("//", "//ada:s%40p:w@")
        for step in (
            f'url = "{with_user}/basic-auth/ada/s%40p:w"',
            f'url = "{with_user}/basic-auth/a/b"\nheaders = {{ Authorization = "Basic YTpi" }}',
        ):
            with self.subTest(step):
                taken = f'{step}\ntake = {{ ok = {{ json = "authenticated" }} }}'
                workload = self.ready(f'[[setup]]\n{taken}\n[[request]]\nurl = "/"\n')
                self.assertEqual({"ok": "true"}, workload.taken)

    def test_a_body_has_its_length(self):
        """An empty one of a POST, too."""
        for method, body, length in (("POST", "", "0"), ("PUT", "\u20ac", "3"), ("GET", "", None)):
            with self.subTest(method):
                take = "" if length is None else 'take = { length = { json = "headers.Content-Length" } }'
                step = f'method = "{method}"\nurl = "/anything"\nbody = "{body}"\n{take}'
                workload = self.ready(f'[[setup]]\n{step}\n[[request]]\nurl = "/"\n')
                self.assertEqual(length, workload.taken.get("length"))

    def test_what_goes_wrong(self):
        """A refused login, an answer without the value, nobody there; the step is named."""
        for step, url, words in (
            ('url = "/status/401"', None, "shop.toml: setup 'log in' was answered 401; correct"),
            (
                'url = "/get"\ntake = { x = { json = "args.no" } }',
                None,
                "'log in': x: the answer has no json 'args.no'",
            ),
            ('url = "/get"\ntake = { x = { cookie = "s" } }', None, "'log in': x: the answer has no cookie 's'"),
            ('url = "/bytes/9"\ntake = { x = { json = "a" } }', None, "the answer has no json 'a'"),
            ('url = "/get?key=1"', f"http://127.0.0.1:{refused_port()}", "'log in': .*refused; is the server there"),
        ):
            with self.subTest(step), self.assertRaisesRegex(TargetError, words):
                self.ready(f'[[setup]]\nname = "log in"\n{step}\n[[request]]\nurl = "/"\n', url)
