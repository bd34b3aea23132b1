"""URLs of curl commands, as curl understands them; messages do not show them, since they may hold secrets."""

import re
from urllib.parse import quote, urlsplit

from http_benchmark.dot_segments import without_dots
from http_benchmark.workloads.urls import with_ascii_host

_PARTS = re.compile(
    r"(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?]*))?(?P<path>[^?]*)(?:\?(?P<query>.*))?", re.DOTALL
)
_OTHER_PROTOCOL = re.compile(r"(ftp|dict|ldap|imap|smtp|pop3)\.", re.IGNORECASE)
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))
_GLOB = re.compile(r"[{}]|\[(?!\])|(?<!\[)\]")


def request_url(text: str, *, globs: bool, upload: str = "", arguments: str | None = None) -> tuple[str, str]:
    """What is asked for, and the user with the password that the URL names.

    Args:
        text: The URL, perhaps without its scheme; or a path of the bundled origin, which begins with a slash.
        globs: Brackets and braces stand for several URLs.
        upload: Name of the file that is sent there; it becomes the last part of a path that has none.
        arguments: Appended to the query, behind & even where they are empty; None for none.

    Raises:
        ValueError: It is no URL, or several.
    """
    text = _with_scheme(text.partition("#")[0])
    if re.search(r"[\x00-\x20\x7f#]", text + (arguments or "")):
        raise ValueError("the URL has a space, a control character, or # among its data; percent-encode it")
    parts = _PARTS.fullmatch(text)
    if parts is None or (parts["scheme"] or "http").lower() not in {"http", "https"}:
        raise ValueError("the URL must begin with http://, https://, or as a path of the bundled origin with /")
    user_info, _, host = (parts["authority"] or "").rpartition("@")
    path, query = without_dots(parts["path"]), parts["query"]
    if globs and _GLOB.search(text.replace(host, "", 1) if host.startswith("[") else text):
        raise ValueError("curl makes several requests of […] and {…} in a URL; write each, or give -g to mean them")
    if upload and (not path or path.endswith("/")):
        path = f"{path or '/'}{quote(upload, safe='', errors='surrogateescape')}"
    if arguments is not None:
        query = f"{query}{'' if query.endswith('&') else '&'}{arguments}" if query else arguments or query
    beginning = f"{parts['scheme']}://{host}" if parts["scheme"] else ""
    return _encoded(beginning + path + ("" if query is None else f"?{query}")), user_info


def _with_scheme(text: str) -> str:
    """The URL with the scheme that curl guesses where there is none, or a path as it is."""
    if text.startswith("/") or re.match(r"[A-Za-z][A-Za-z0-9+.-]*:/", text):
        return text
    if _OTHER_PROTOCOL.match(text):
        raise ValueError("curl guesses by the URL's host that it is not HTTP; put http:// before it")
    return f"http://{text}"


def _encoded(url: str) -> str:
    try:
        url = with_ascii_host(url)
        parts = urlsplit(url)
        possible = not parts.scheme or (parts.hostname and parts.port != 0)
    except ValueError:
        possible = False
    if not possible:
        raise ValueError("the URL has no host or port that can be; correct it")
    return quote(url.encode(errors="surrogateescape"), safe=_PRINTABLE)
