"""curl commands: what each says is sent, and what is said where one is not understood."""

import shlex

from hypothesis import given
from hypothesis import strategies as st

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
            ("curl -X delete --url http://a/", "DELETE", "http://a/", (), b""),
            ("curl http://a -d x=1 --data y=2", "POST", "http://a", (_FORM,), b"x=1&y=2"),
            ("curl http://a -G -d x=1 -d y=2", "GET", "http://a?x=1&y=2", (), b""),
            ("curl 'http://a?z=3' -G -d x=1", "GET", "http://a?z=3&x=1", (), b""),
            ("curl http://a -d @body.txt", "POST", "http://a", (_FORM,), b"ab"),
            ("curl http://a --data-binary @body.txt", "POST", "http://a", (_FORM,), b"a\nb\r\n"),
            ("curl http://a -d '5$' --data-raw \"6$'\"", "POST", "http://a", (_FORM,), b"5$&6$'"),
            ("curl http://a --data-raw @body.txt", "POST", "http://a", (_FORM,), b"@body.txt"),
            ("curl http://a --data-urlencode 'q=a b&c'", "POST", "http://a", (_FORM,), b"q=a%20b%26c"),
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
        workload = self.read("a.sh", "curl -k -L http://a/ --cacert=ca.pem -o file -v")

        self.assertEqual(
            (
                "-k is left alone; give --no-verify for the whole run",
                "-L is left alone; give --follow-redirects for the whole run",
                "--cacert is left alone; give --ca for the whole run",
            ),
            workload.notes,
        )

    def test_what_is_not_understood(self):
        """One line per fault, with the line on which the command begins."""
        for content, expected in (
            ("curl http://a\n\ncurl --formx http://a", "line 3: unrecognized arguments: --formx"),
            ("curl", "line 1: there is no URL; give one"),
            ("curl http://a | jq .\nwget http://a", "line 2: 'wget' is no curl command"),
            ("curl http://a -x http://p:1", "line 1: unrecognized arguments: -x"),
            ("curl http://a -F a=b", "line 1: unrecognized arguments: -F"),
            ("curl http://a -H nonsense", "line 1: -H 'nonsense' must be of the form 'Name: value'"),
            ("curl http://a -b jar.txt", "line 1: -b 'jar.txt' is a file, which is not read; give name=value"),
            ("curl http://a -X FETCH", "line 1: method 'FETCH' is not offered"),
            (
                "curl http://a -d @no.txt",
                "line 1: file 'no.txt' cannot be read (No such file or directory); name a readable file",
            ),
            ("curl http://a -I -d x", "line 1: a body is not sent with HEAD"),
            ("curl http://a -d $'a\\nb'", "line 1: $'…' is not understood"),
            ("\ncurl http://a -d 'x", "line 2: a quotation that begins here does not end; close it"),
        ):
            with self.subTest(content):
                faults = self.faults("a.sh", content)
                self.assertTrue(any(fault.startswith(f"a.sh: {expected}") for fault in faults), faults)

    @given(
        st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=30).filter(
            lambda text: text[:1] != "@"
        ),
        st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20),
    )
    def test_what_a_shell_would_quote_is_read_back(self, body, value):
        """Whatever stands in a body or a header, as `shlex.quote` writes it."""
        template = self.one(f"curl http://a -H {shlex.quote(f'X-A: {value}')} --data-raw={shlex.quote(body)}")

        self.assertEqual(value, dict(template.headers)["X-A"])
        self.assertEqual(body.encode(), template.body)
