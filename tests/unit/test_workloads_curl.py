"""curl commands: what each says is sent, and what is said where one is not understood."""

import base64
import shlex

from hypothesis import given
from hypothesis import strategies as st

from http_benchmark.errors import ConfigurationError
from http_benchmark.workloads.mixing import concrete_request
from http_benchmark.workloads.workload import Template
from tests.unit.workload_case import WorkloadCase

_FORM = ("Content-Type", "application/x-www-form-urlencoded")


class CurlTest(WorkloadCase):
    def one(self, command: str) -> Template:
        (template,) = self.read("a.sh", command).templates
        return template

    def test_what_is_sent(self):
        """As curl itself would send it."""
        (self.folder / "body.txt").write_bytes(b"a\nb\r\n")
        for command, method, url, headers, body in (
            ("curl http://a/x", "GET", "http://a/x", (), b""),
            ("curl a/x#y", "GET", "http://a/x", (), b""),
            ("curl -I http://a", "HEAD", "http://a", (), b""),
            ("curl -X DELETE --url http://a/", "DELETE", "http://a/", (), b""),
            ("curl http://a -d x=1 --data y=2", "POST", "http://a", (_FORM,), b"x=1&y=2"),
            ("curl http://a -G -d x=1 -d y=2", "GET", "http://a?x=1&y=2", (), b""),
            ("curl 'http://a?z=3' -G -d x=1", "GET", "http://a?z=3&x=1", (), b""),
            ("curl http://a -d @body.txt", "POST", "http://a", (_FORM,), b"ab"),
            ("curl http://a --data-binary @body.txt", "POST", "http://a", (_FORM,), b"a\nb\r\n"),
            ("curl http://a -d '5$' --data-raw \"6$'\"", "POST", "http://a", (_FORM,), b"5$&6$'"),
            ("curl http://a --data-raw @body.txt", "POST", "http://a", (_FORM,), b"@body.txt"),
            ("curl http://a --data-urlencode 'q=a b&c'", "POST", "http://a", (_FORM,), b"q=a+b%26c"),
            ("curl -T body.txt http://a/f", "PUT", "http://a/f", (), b"a\nb\r\n"),
            (
                "curl http://a --json '{\"x\": 1}'",
                "POST",
                "http://a",
                (("Content-Type", "application/json"), ("Accept", "application/json")),
                b'{"x": 1}',
            ),
            (
                "curl -sSXPATCH http://a -H'X-A: 1' -H 'accept-encoding: br' -u me:pw -b s=1 -A me -e http://r",
                "PATCH",
                "http://a",
                (
                    ("X-A", "1"),
                    ("User-Agent", "me"),
                    ("Referer", "http://r"),
                    ("Cookie", "s=1"),
                    ("Authorization", "Basic bWU6cHc="),
                ),
                b"",
            ),
        ):
            with self.subTest(command):
                template = self.one(command)
                self.assertEqual(
                    (method, url, headers, body), (template.method, template.url, template.headers, template.body)
                )

    def test_several_commands(self):
        """Over lines that go on, with comments and empty lines between, quotations over lines; in the file's order."""
        workload = self.read(
            "a.sh",
            "# first\n\\\n\ncurl http://a/1 \\\n  -H 'A: 1'\n\ncurl http://a/2 http://a/3\r\n"
            "curl http://a/4 -d '{\n# no comment\n}'\n",
        )

        self.assertEqual(
            ["http://a/1", "http://a/2", "http://a/3", "http://a/4"], [one.url for one in workload.templates]
        )
        self.assertEqual(b"{\n# no comment\n}", workload.templates[-1].body)
        self.assertTrue(workload.in_order)

    def test_what_holds_for_the_whole_run_is_noted(self):
        """Options that have another name here are not dropped in silence."""
        workload = self.read("a.sh", "curl -k -L http://a/ --cacert ca.pem -o file -v")

        self.assertEqual(
            (
                "-k is left alone; give --no-verify for the whole run",
                "-L is left alone; give --follow-redirects for the whole run",
                "--cacert is left alone; give --ca for the whole run",
            ),
            workload.notes,
        )

    def test_another_host_is_noted(self):
        """The header is left out; with the URL's own host there is nothing to say."""
        notes = ("the header Host is left out; clients send the host of the URL",)
        for host, expected in (("b", notes), ("a:1", ())):
            with self.subTest(host):
                workload = self.read("a.sh", f"curl http://a:1/ -H 'host: {host}'")
                self.assertEqual((expected, ()), (workload.notes, workload.templates[0].headers))

    def test_what_is_not_understood(self):
        """One line per fault, with the line on which the command begins."""
        for content, expected in (
            ("curl http://a\n\ncurl --formx http://a", "line 3: --formx is not understood; leave it out"),
            ("curl", "line 1: there is no URL; give one"),
            ("curl http://a | jq .\nwget http://a", "line 2: this is no curl command; begin each with curl"),
            ("curl http://a -x http://p:1", "line 1: -x is not understood; give --proxy for the whole run"),
            ("curl http://a -sFa=b", "line 1: -F is not understood; put the body into a file"),
            ("curl http://a --data-raw=x", "line 1: --data-raw is not understood"),
            ("curl http://a -", "line 1: - is not understood"),
            ("curl http://a -d", "line 1: -d has no value; give one"),
            ("curl http://a -H nonsense", "line 1: -H must be of the form 'Name: value', 'Name:' for none, or 'Name;'"),
            ("curl http://a -b jar.txt", "line 1: -b names a file, which is not read; give name=value"),
            ("curl http://a -u me", "line 1: -u has no password"),
            ("curl http://a -X FETCH", "line 1: method 'FETCH' is not offered"),
            ("curl http://a -X delete", "line 1: method 'delete' is not offered; use GET, POST, PUT, PATCH, DELETE, "),
            ("curl http://a -X STREAM", "line 1: method 'STREAM' is not offered"),
            (
                "curl http://a -d @no.txt",
                "line 1: file 'no.txt' cannot be read (No such file or directory); name a readable file",
            ),
            ("curl http://a -d @-", "line 1: nothing is read from standard input; name a file"),
            ("curl http://a -I -d x", "line 1: -d and -I contradict each other"),
            ("curl http://a -T a.txt -d x", "line 1: -d and -T contradict each other"),
            ("curl -T a.txt http://a http://b", "line 1: several files or URLs with -T are not understood"),
            ("curl http://a -X HEAD -d x", "line 1: a body is not sent with HEAD"),
            ("curl http://a -r 0-1 -d x", "line 1: -r with a body is not understood"),
            ("\ncurl http://a -d 'x", "line 2: a quotation that begins here does not end; close it"),
        ):
            with self.subTest(content):
                faults = self.faults("a.sh", content)
                self.assertTrue(any(fault.startswith(f"a.sh: {expected}") for fault in faults), faults)

    def test_urls(self):
        """Hosts, dots and characters beyond ASCII as curl sends them; what it would send several times is refused."""
        for text, expected in (
            ("a.example?u=http://b", "http://a.example?u=http://b"),
            ("'http://bücher.example:1/ä?q=ö#x'", "http://xn--bcher-kva.example:1/%C3%A4?q=%C3%B6"),
            ("http://a/b/../c/./d/..", "http://a/c/"),
            ("http://a/%2e%2e/?x/../y", "http://a/%2e%2e/?x/../y"),
            ("'http://[::1]:8080/?a[]=1'", "http://[::1]:8080/?a[]=1"),
            ("-g 'http://a/{b}?c[1]'", "http://a/{b}?c[1]"),
            ("http://a/?", "http://a/?"),
            ("/get?x=1", "/get?x=1"),
        ):
            with self.subTest(text):
                self.assertEqual(expected, self.one(f"curl {text}").url)
        for text, expected in (
            ("'http://a/[1-3]'", "curl makes several requests of […] and {…} in a URL; write each, or give -g"),
            ("'http://{a,b}/'", "curl makes several requests"),
            ("ftp.example", "curl guesses by the URL's host that it is not HTTP; put http:// before it"),
            ("ftp://a/", "the URL must begin with http://"),
            ("http:/a", "the URL has no host or port that can be"),
            ("'http://a/b c'", "the URL has a space, a control character, or # among its data; percent-encode it"),
            ("http://a -G -d 'x=#'", "the URL has a space, a control character, or # among its data"),
            ("http://a:b/", "the URL has no host or port that can be"),
            ("http://a:0/", "the URL has no host or port that can be"),
            ("http://", "the URL has no host or port that can be"),
        ):
            with self.subTest(text):
                (fault,) = self.faults("a.sh", f"curl {text}")
                self.assertTrue(fault.startswith(f"a.sh: line 1: {expected}"), fault)

    def test_headers_that_options_imply(self):
        """`-H` wins over them; a name without value takes the default one away, `Name;` sends it empty."""
        for arguments, headers, without in (
            ("-H 'Accept:' -H X-A:", (), ("accept", "x-a")),
            ("-d x -H 'Content-Type:'", (), ("content-type",)),
            ("-d x -H 'Content-Type;'", (("Content-Type", ""),), ()),
            ("-A me -H 'user-agent: you' -b a=1 -H 'Cookie: b=2'", (("user-agent", "you"), ("Cookie", "b=2")), ()),
            ("-A ''", (), ("user-agent",)),
            ("-A me -A you", (("User-Agent", "you"),), ()),
            ("-b a=1 -b 'b=2; c=3'", (("Cookie", "a=1;b=2; c=3"),), ()),
            ("-e 'http://r;auto'", (("Referer", "http://r"),), ()),
            ("-u me:pw -H 'Authorization: x'", (("Authorization", "x"),), ()),
            ("-G --json 1", (("Content-Type", "application/json"), ("Accept", "application/json")), ()),
            ("-H 'X-A: é'", (("X-A", "Ã©"),), ()),
        ):
            with self.subTest(arguments):
                template = self.one(f"curl http://a {arguments}")
                self.assertEqual((headers, without), (template.headers, template.without))
        for url, credentials in (("me:p%40@a", "me:p@"), ("me@a", "me:"), ("you:x@a -u me:pw", "me:pw")):
            with self.subTest(url):
                template = self.one(f"curl http://{url}")
                encoded = base64.b64encode(credentials.encode()).decode()
                self.assertEqual((("Authorization", f"Basic {encoded}"),), template.headers)
                self.assertEqual("http://a", template.url)

    def test_a_default_header_that_is_taken_away(self):
        """Is not among those that are sent."""
        template = self.one("curl http://a -H Accept:")
        sent = concrete_request(template, {}, "", moved=False, headers=(("Accept", "*/*"), ("User-Agent", "x")))

        self.assertEqual((("User-Agent", "x"),), sent.headers)

    def test_an_upload_to_a_folder(self):
        """Has the name of the file, percent-encoded."""
        (self.folder / "a b").mkdir()
        (self.folder / "a b" / "c d").write_bytes(b"x")
        for url, expected in (
            ("http://a", "http://a/c%20d"),
            ("http://a/", "http://a/c%20d"),
            ("'http://a/b/?x=/'", "http://a/b/c%20d?x=/"),
            ("http://a/b/.", "http://a/b/c%20d"),
            ("http://a/b", "http://a/b"),
        ):
            with self.subTest(url):
                template = self.one(f"curl -T 'a b/c d' {url}")
                self.assertEqual((expected, b"x"), (template.url, template.body))

    def test_data_that_is_put_together(self):
        """With & between, but before --json; from files without the ends of lines, or as they are."""
        (self.folder / "f").write_bytes(b"a b\r\n\0\xff")
        (self.folder / "g").write_bytes(b"a b\r\n\xff")
        for arguments, body in (
            ("-d '' -d x", b"&x"),
            ("-d x --json y -d z", b"xy&z"),
            ("-d @g", b"a b\xff"),
            ("--json @f", b"a b\r\n\0\xff"),
            ("--data-urlencode n@f --data-urlencode @f", b"n=a+b%0D%0A%00%FF&a+b%0D%0A%00%FF"),
            ("--data-urlencode =a= --data-urlencode 'a b'", b"a%3D&a+b"),
            ("-d --x", b"--x"),
            ("-d $'\\xff\\u00e9'", b"\xff\xc3\xa9"),
        ):
            with self.subTest(arguments):
                self.assertEqual(body, self.one(f"curl http://a {arguments}").body)
        (fault,) = self.faults("a.sh", "curl http://a -d @f")
        self.assertIn("give --data-binary @FILE", fault)
        self.assertEqual("http://a?x&", self.one("curl http://a?x -G -d ''").url)
        self.assertEqual("http://a", self.one("curl http://a -G -d ''").url)
        for url in ("http://a?#f", "'http://a?x&'", "http://a?x"):
            with self.subTest(url):
                self.assertIn(self.one(f"curl {url} -G -d y").url, {"http://a?y", "http://a?x&y"})

    def test_a_long_quotation(self):
        """Is read in one go: a body of a hundred thousand lines, and as many that do not end."""
        body = "{\n" * 100_000

        self.assertEqual(body.encode(), self.one(f"curl http://a -d '{body}'").body)
        self.assertEqual(body.encode(), self.one(f'curl http://a -d "{body}"').body)
        self.assertEqual(body.encode(), self.one(f"curl http://a -d $'{body}'").body)
        self.assertEqual(1, len(self.faults("a.sh", f"curl http://a -d '{body}")))

    def test_no_fault_shows_a_secret(self):
        """Neither a header's value nor a cookie, a password, a query, or what an unknown option is given."""
        for command in (
            "curl http://a -H 'Bearer s3cret'",
            "curl http://a -H 'Authorization Bearer s3cret: x'",
            "curl http://a -b s3cret",
            "curl http://a -u s3cret",
            "curl http://a --oauth2-bearer=s3cret",
            "curl http://a --oauth2-bearer s3cret",
            "curl http://a -xs3cret",
            "curl 'http://a/?key=s3cret&x={}'",
            "curl 'http://me:s3cret@a b/'",
            "curl 'http://me:s3cret/'",
            "curl 'me:s3cret@[a/'",
            "curl 'http://a/?s3cret é'",
            "curl http://a\n  -H 'Cookie: s3cret'",
            "curl http://a\n's3cret'",
            "curl http://a -H 'X: s3cret' && curl http://b",
            'curl http://a -H "X: $s3cret"',
        ):
            with self.subTest(command):
                self.assertNotIn("s3cret", " ".join(self.faults("a.sh", command)))

    def test_a_name_has_no_secret(self):
        """Method and path, which are stored."""
        self.assertEqual("GET /p", self.one("curl 'http://me:s3cret@a/p?key=s3cret#s3cret'").name)

    @given(
        st.lists(
            st.one_of(
                st.sampled_from(
                    [
                        *("http://a/x", "-d", "-H", "X: 1", "-G", "-I", "-T", "-u", "a:b", "--json", "-X", "PUT", "-b"),
                        *(
                            "$'\\u",
                            "'",
                            '"',
                            "\\",
                            "|",
                            "&&",
                            ";",
                            ">",
                            "\n",
                            "#",
                            "{",
                            "[1-2]",
                            "@f",
                            "-r",
                            "--",
                            "-sk",
                        ),
                    ]
                ),
                st.text(max_size=5),
            ),
            max_size=8,
        ),
        st.sampled_from([" ", ""]),
    )
    def test_any_text_is_read_or_refused(self, pieces, between):
        """With no error but ours; what is accepted can be named and sent without its query."""
        try:
            workload = self.read("a.sh", f"curl {between.join(pieces)}")
        except ConfigurationError:
            return
        for template in workload.templates:
            self.assertNotIn("?", template.name)
            self.assertTrue(template.url.isascii())

    @given(
        st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30).filter(
            lambda text: text[:1] != "@"
        ),
        st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20),
    )
    def test_what_a_shell_would_quote_is_read_back(self, body, value):
        """Whatever stands in a body or a header, as `shlex.quote` writes it."""
        template = self.one(f"curl http://a -H {shlex.quote(f'X-A: {value}')} --data-raw {shlex.quote(body)}")

        self.assertEqual(value, dict(template.headers)["X-A"])
        self.assertEqual(body.encode(), template.body)
