"""What is sent before anything is measured: who logs in, what is taken out of the answers, what goes wrong."""

import socket
import tempfile
import threading
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


class Server:
    """Gives one answer; a context manager whose value is its URL."""

    def __init__(self, *headers: str, body: bytes = b"") -> None:
        head = "\r\n".join(["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers, "", ""])
        self._answer = head.encode() + body
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> str:
        self._thread.start()
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __exit__(self, *_: object) -> None:
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        connection, _ = self._listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(self._answer)


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

    def ready(self, text: str, url: str | None = None, timeout_s: float = 5.0) -> Workload:
        options = ClientOptions(concurrency=1, timeout_s=timeout_s)
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

    def test_cookies_whose_values_look_like_anything(self):
        """Are sent back as they were set, without attributes; those that the answer deletes are not."""
        cookies = ('a={"x":1,"y":2}; Path=/; Partitioned; Secure', "b=2; Max-Age=0", "c=3")
        with Server(*(f"Set-Cookie: {cookie}" for cookie in cookies)) as url:
            workload = self.ready(
                '[[setup]]\nurl = "/"\ntake = { jar = "cookies", a = { cookie = "a" } }\n[[request]]\nurl = "/"\n', url
            )

        self.assertEqual({"jar": 'a={"x":1,"y":2}; c=3', "a": '{"x":1,"y":2}'}, workload.taken)

    def test_an_answer_that_nests_without_end(self):
        """Has nothing that could be taken."""
        with Server(body=b"[" * 100_000) as url, self.assertRaisesRegex(TargetError, "the answer has no json 'a'"):
            self.ready('[[setup]]\nurl = "/"\ntake = { x = { json = "a" } }\n[[request]]\nurl = "/"\n', url)

    def test_a_connection_that_the_server_closes(self):
        """Has its answer read to the end."""
        step = 'url = "/anything?x=1"\nheaders = { Connection = "close" }\ntake = { x = { json = "args.x" } }'

        self.assertEqual({"x": "1"}, self.ready(f'[[setup]]\n{step}\n[[request]]\nurl = "/"\n').taken)

    def test_the_deadline_is_of_the_whole_answer(self):
        """However often something of it arrives."""
        with self.assertRaisesRegex(TargetError, "setup 'GET /drip': no whole answer within 0.2 s"):
            self.ready(
                '[[setup]]\nurl = "/drip?numbytes=40&duration=4"\n[[request]]\nurl = "/"\n',
                timeout_s=0.2,
            )

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
            ('url = "/get"', f"http://{'a' * 64}.example", "'log in': .*label"),
            ('url = "/get?key=1"', f"http://127.0.0.1:{refused_port()}", "'log in': .*refused; is the server there"),
        ):
            with self.subTest(step), self.assertRaisesRegex(TargetError, words):
                self.ready(f'[[setup]]\nname = "log in"\n{step}\n[[request]]\nurl = "/"\n', url)
