"""Commands as the program curl sends them, and as we do: the origin sees the same."""

import http.client
import json
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path
from urllib.parse import urlsplit

from http_benchmark.origin.process import OriginProcess
from http_benchmark.workloads.mixing import concrete_request
from http_benchmark.workloads.reading import read_workload

_COMMANDS = (
    "curl -s URL/a/../b?x=1#y 2>/dev/null | cat",
    "curl -s -X PUT 'URL/x' -H 'X-A: é' -H 'X-B;' -H 'X-C:' -H 'Accept:' > /dev/stdout",
    "curl -s URL -d a=1 --data-raw '@b' --data-urlencode 'c=d e&f' -H 'Content-Type:' ;",
    "curl -s URL --json '{\"a\": 1}' --json ',2' -d 3 -A me -e 'http://r;auto'",
    "curl -s 'URL/?x=%2F' -G -d 'a[]=1' --data-urlencode body@body.txt &",
    "curl -sd @body.txt URL -b a=1 -b 'b=2; c=3' -u me:pw",
    "curl -s --data-binary @body.txt URL -H 'Authorization: x' -u me:pw",
    "curl -s -T body.txt URL/folder/ -H 'Cookie: a=1' -b b=2 -A ''",
    "curl -s $'URL/\\x61' --data-raw $'\\u00e9\\xc3\\xa9\\'\\n\\041' -X PATCH \\\n  --fail",
    "curl -s 'CREDENTIALS/é?u=[]' -H 'X-A: 1' -H 'X-A: 2' -X OPTIONS",
    "curl -sg 'URL/{a}?b=[1]' \"-HX-A:$ \\\"'\" -X DELETE -r 0-1",
)
_OWN = frozenset({"host", "accept-encoding", "connection", "expect"})


@unittest.skipUnless(shutil.which("curl") and shutil.which("bash"), "curl or bash is not installed")
class CurlTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.origin = self.enterContext(OriginProcess())
        (self.folder / "body.txt").write_bytes(b"a=b c\r\n\xc3\xa9\n")

    def test_the_same_arrives(self):
        """Method, path, query, headers and body of each command."""
        url = f"{self.origin.url}/anything"
        for line in _COMMANDS:
            command = line.replace("URL", url).replace("CREDENTIALS", url.replace("://", "://me:p%40w@"))
            with self.subTest(line):
                self.assertEqual(self.by_curl(command), self.by_us(command))

    def by_curl(self, command: str) -> object:
        ran = subprocess.run(["bash", "-c", f"{command}\nwait"], cwd=self.folder, capture_output=True, check=True)
        seen = json.loads(ran.stdout)
        if seen["headers"].get("User-Agent", "").startswith("curl/"):
            seen["headers"]["User-Agent"] = "default"
        return _seen(seen)

    def by_us(self, command: str) -> object:
        path = self.folder / "commands.curl"
        path.write_text(command, encoding="utf-8")
        (template,) = read_workload(path).templates
        defaults = (("User-Agent", "default"), ("Accept", "*/*"))
        request = concrete_request(template, {}, "", moved=False, headers=defaults)
        parts = urlsplit(request.url)
        connection = http.client.HTTPConnection(parts.netloc, timeout=10)
        self.addCleanup(connection.close)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.putrequest(request.method, target, skip_accept_encoding=True)
        for header in request.headers:
            connection.putheader(*header)
        if request.body or (request.method in {"POST", "PUT", "PATCH"} and "Content-Type" in dict(request.headers)):
            connection.putheader("Content-Length", str(len(request.body)))
        connection.endheaders(request.body or None)
        return _seen(json.load(connection.getresponse()))


def _seen(description: dict) -> object:
    headers = {name: value for name, value in description["headers"].items() if name.lower() not in _OWN}
    url = re.sub("%..", lambda match: match[0].upper(), description["url"])  # some curls write %2f
    return description | {"headers": headers, "url": url, "origin": ""}
