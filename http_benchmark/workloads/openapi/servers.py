"""Where the operations of an OpenAPI document are sent: `servers`, or Swagger's host, base path and schemes."""

import re
from urllib.parse import quote, urljoin, urlsplit

from http_benchmark.redaction import without_passwords
from http_benchmark.workloads.openapi.document import Node, UnsendableError, mapping, sequence, shown
from http_benchmark.workloads.urls import with_ascii_host

_SCHEMES = ("http", "https")

_URL_CHARACTERS = "/:@!$&'()*+,;=%[]~"
"""What stays as it is in a server's URL; other characters are percent-encoded."""

_HERE = "http://document/"
"""Where the document is, to which relative servers are relative; it stands for the run's own host."""


def base_url(document: Node, item: Node, operation: Node) -> str:
    """What stands before an operation's path: a path or an absolute URL, in ASCII, without a slash at its end.

    Raises:
        UnsendableError: It is not where HTTP requests can be sent to.
    """
    url = _swagger_base(document, operation) if "swagger" in document else _server(document, item, operation)
    server = f"server {shown(without_passwords(url))}"
    try:
        scheme, _ = urlsplit(url).scheme, urlsplit(url).port  # which may be none that can be
        ascii_url = quote(with_ascii_host(url), safe=_URL_CHARACTERS)
    except ValueError:
        raise UnsendableError(f"{server} has a host or a port that cannot be") from None
    if scheme not in {"", *_SCHEMES}:
        raise UnsendableError(f"{server} is not http:// or https://")
    if re.search(r"[?#{}]", url):
        raise UnsendableError(f"{server} must have no ?, # or variable without a default")
    return ascii_url.rstrip("/")


def _server(document: Node, item: Node, operation: Node) -> str:
    """The first server of the operation, else of its path, else of the document, with the defaults of its variables."""
    server = mapping(next((one for node in (operation, item, document) for one in sequence(node.get("servers"))), None))
    url = str(server.get("url", "/"))
    for name, variable in mapping(server.get("variables")).items():
        url = url.replace(f"{{{name}}}", str(mapping(variable).get("default", f"{{{name}}}")))
    if url.startswith("//"):
        raise UnsendableError(f"server {shown(without_passwords(url))} does not say http:// or https://")
    return url if "://" in url else urljoin(_HERE, url).removeprefix(_HERE.rstrip("/"))


def _swagger_base(document: Node, operation: Node) -> str:
    path = "/" + str(document.get("basePath", "")).lstrip("/")
    if "host" not in document:
        return path
    schemes = sequence(operation.get("schemes")) or sequence(document.get("schemes")) or ["http"]
    scheme = next((scheme for scheme in schemes if scheme in _SCHEMES), schemes[0])
    return f"{scheme}://{document['host']}{path}"
