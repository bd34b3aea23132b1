"""Checks of what the environment has, proxies and passwords, which changes nothing; and of the proxy that is given."""

import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from http_benchmark.conformance.check import Check, expect, expect_requests, expect_statuses
from http_benchmark.conformance.examinee import DeviationError, Examinee

_PROXY_VARIABLES = ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
_NO_EXCEPTION = {"no_proxy": "", "NO_PROXY": ""}


def _proxies(examinee: Examinee) -> str:
    with examinee.opened(dict.fromkeys(_PROXY_VARIABLES, examinee.url("")) | _NO_EXCEPTION) as client:
        expect_statuses(200, client.get("/status/200"))
        # The origin speaks no TLS here, so this fails; but a proxy would have been asked to CONNECT.
        client.get(examinee.url("/").replace("http:", "https:"))
    expect(["/status/200"], [request.target for request in examinee.seen().requests], "targets")
    return "asked directly"


def _given_proxy(examinee: Examinee) -> str:
    url = examinee.url("/status/200")
    with examinee.opened(proxy=examinee.url("")) as client:
        expect_statuses(200, client.get(url))
        client.get(url.replace("http:", "https:"))  # the origin makes no tunnel, so this fails
    asked = [(request.method, request.target) for request in examinee.seen().requests]
    expect([("GET", url), ("CONNECT", urlsplit(url).netloc)], asked, "requests to the proxy")
    return "asked in absolute form, and for a tunnel"


def _netrc(examinee: Examinee) -> str:
    with tempfile.TemporaryDirectory() as folder:
        netrc = Path(folder, ".netrc")
        netrc.write_text("machine 127.0.0.1 login someone password secret\n", encoding="utf-8")
        netrc.chmod(0o600)
        with examinee.opened({"NETRC": str(netrc), "HOME": folder}) as client:
            expect_statuses(200, client.get("/status/200"))
    (request,) = expect_requests(1, examinee)
    if request.header("Authorization") is not None:
        raise DeviationError("the password was sent")
    return "no password was sent"


CHECKS = (
    Check(
        "proxies",
        "Are proxies of the environment ignored?",
        "a target without scheme and host; of an https URL no CONNECT",
        _proxies,
    ),
    Check(
        "given-proxy",
        "Is a proxy used that is given?",
        "the whole URL as target; of an https URL CONNECT with host and port",
        _given_proxy,
        "HTTP/2 through a proxy is not offered",
    ),
    Check("netrc", "Are passwords in .netrc ignored?", "no Authorization", _netrc),
)
