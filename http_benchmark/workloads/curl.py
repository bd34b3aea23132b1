"""curl commands, as people paste them and browsers copy them: each becomes a request, sent in the order of the file.

What says what is sent is understood; what says how curl shows or stores the answer is left alone; anything else is a
fault, so that no request is silently another one. Faults name options and lines, and no values, which may be secret.
`shell.py` splits a file into words, `curl_options.py` those into options, `curl_urls.py` reads URLs.
"""

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote_plus, unquote_to_bytes, urlsplit

from http_benchmark.errors import ConfigurationError
from http_benchmark.models.fields import HTTP_METHODS
from http_benchmark.models.secret_fields import HEADER_NAME
from http_benchmark.workloads import shell
from http_benchmark.workloads.curl_options import OF_THE_RUN, Option, options
from http_benchmark.workloads.curl_urls import request_url
from http_benchmark.workloads.har import NOT_REPLAYED
from http_benchmark.workloads.workload import Template, Workload

_FORM = "application/x-www-form-urlencoded"
_JSON = "application/json"

type _Headers = tuple[tuple[str, str], ...]


def read(path: Path, content: bytes) -> Workload:
    """Read a workload from a file of curl commands.

    Raises:
        ConfigurationError: With one line for each fault.
    """
    digest = hashlib.sha256(content)
    faults: list[str] = []
    notes: dict[str, None] = {}
    templates: list[Template] = []
    for line in shell.commands(content.decode(errors="surrogateescape")):
        try:
            command = _Command(_arguments(line), path.parent)
            templates += command.templates
            notes |= dict.fromkeys(command.notes)
            for file in command.files:
                digest.update(file)
        except ValueError as error:
            faults.append(f"line {line.number}: {error}")
    if not templates and not faults:
        faults.append("no command; each begins with curl")
    if faults:
        raise ConfigurationError([f"{path.name}: {fault}" for fault in faults])
    return Workload(
        path=path,
        format="curl",
        sha256=digest.hexdigest(),
        templates=tuple(templates),
        in_order=True,
        notes=tuple(notes),
    )


def _arguments(command: shell.Command) -> Sequence[str]:
    if command.words[:1] not in ([], ["curl"]):
        raise ValueError("this is no curl command; begin each with curl, and end lines that go on with \\")
    if command.fault:
        raise ValueError(command.fault)
    return command.words[1:]


class _Command:
    """One command line.

    Attributes:
        templates: A request for each of its URLs.
        notes: What of it has to be said elsewhere.
        files: Contents of the files that it names.

    Raises:
        ValueError: It is not understood, or a file that it names cannot be read.
    """

    def __init__(self, arguments: Sequence[str], folder: Path) -> None:
        self.files: list[bytes] = []
        self._folder = folder
        self._options = options(arguments)
        self._names = {option.name for option in self._options}
        self._data_options = [
            option for option in self._options if option.name.startswith("data") or option.name == "json"
        ]
        self._check_combination()
        self.notes = [
            f"{option.spelled} is left alone; give {OF_THE_RUN[option.name]} for the whole run"
            for option in self._options
            if option.name in OF_THE_RUN
        ]
        data = self._data()
        in_query, body = (data, b"") if "get" in self._names and self._data_options else (None, data)
        method = self._method()
        if body and method == "HEAD":
            raise ValueError("a body is not sent with HEAD; leave out one of both")
        self._header_options = [_header(option.value) for option in self._all("header")]
        self.templates = [
            self._template(method, option.value, in_query, body) for option in self._options if option.name == "url"
        ]

    def _all(self, name: str) -> list[Option]:
        return [option for option in self._options if option.name == name]

    def _last(self, name: str) -> str | None:
        """The value of an option of which curl takes the last."""
        given = self._all(name)
        return given[-1].value if given else None

    def _check_combination(self) -> None:
        """Refuse what curl refuses, and what it makes several requests of."""
        if "url" not in self._names:
            raise ValueError("there is no URL; give one")
        kinds = [
            option
            for option, given in (
                ("-d", self._data_options and "get" not in self._names),
                ("-G", "get" in self._names and "upload-file" in self._names),
                ("-I", "head" in self._names),
                ("-T", "upload-file" in self._names),
            )
            if given
        ]
        if len(kinds) > 1:
            raise ValueError(f"{' and '.join(kinds)} contradict each other; give one of them")
        if "upload-file" in self._names and len(self._all("upload-file")) + len(self._all("url")) > 2:
            raise ValueError("several files or URLs with -T are not understood; write a command for each")
        if "range" in self._names and kinds and kinds != ["-I"]:
            raise ValueError("-r with a body is not understood; leave out one of both")

    def _template(self, method: str, url: str, in_query: bytes | None, body: bytes) -> Template:
        url, user_info = request_url(
            url,
            globs="globoff" not in self._names,
            upload=Path(self._last("upload-file") or "").name,
            arguments=None if in_query is None else in_query.decode(errors="surrogateescape"),
        )
        if any(name.lower() == "host" and value != urlsplit(url).netloc for name, value in self._header_options):
            self.notes.append("the header Host is left out; clients send the host of the URL")
        removed = [name for name, value in self._header_options if value is None]
        headers = [(name, value) for name, value in self._header_options if value is not None]
        given = {name.lower() for name, _ in self._header_options}
        headers += [(name, value) for name, value in self._implied_headers(user_info) if name.lower() not in given]
        if self._last("user-agent") == "":
            removed.append("User-Agent")
        return Template(
            f"{method} {urlsplit(url).path or '/'}",
            method,
            url,
            tuple((name, value) for name, value in headers if name.lower() not in NOT_REPLAYED),
            body,
            without=tuple(name.lower() for name in removed if name.lower() not in NOT_REPLAYED),
        )

    def _method(self) -> str:
        implied = "GET"
        if "head" in self._names:
            implied = "HEAD"
        elif "upload-file" in self._names:
            implied = "PUT"
        elif self._data_options and "get" not in self._names:
            implied = "POST"
        method = self._last("request") or implied
        if method not in HTTP_METHODS:
            raise ValueError(f"method {method!r} is not offered; use {', '.join(HTTP_METHODS)}")
        return method

    def _implied_headers(self, user_info: str) -> _Headers:
        """What other options than `-H` say, which wins over them."""
        headers = [
            ("User-Agent", self._last("user-agent") or ""),
            ("Referer", (self._last("referer") or "").partition(";auto")[0]),
            ("Cookie", self._cookies()),
            ("Authorization", self._authorization(user_info)),
            ("Range", self._range()),
        ]
        if "json" in self._names:
            headers += [("Content-Type", _JSON), ("Accept", _JSON)]
        elif self._data_options and "get" not in self._names:
            headers += [("Content-Type", _FORM)]
        return tuple((name, _on_the_wire(value)) for name, value in headers if value)

    def _cookies(self) -> str:
        cookies = [option.value for option in self._all("cookie")]
        if any("=" not in cookie for cookie in cookies):
            raise ValueError("-b names a file, which is not read; give name=value")
        return ";".join(cookies)

    def _authorization(self, user_info: str) -> str:
        user = self._last("user")
        if user is not None and ":" not in user:
            raise ValueError("-u has no password, and nobody is asked for one; give user:password")
        credentials = _bytes(user) if user is not None else _of_url(user_info)
        return f"Basic {base64.b64encode(credentials).decode('ascii')}" if credentials else ""

    def _range(self) -> str:
        given = self._last("range")
        return "" if given is None else f"bytes={given}"

    def _data(self) -> bytes:
        upload = self._last("upload-file")
        if upload is not None:
            return self._file(upload)
        body = b""
        for number, option in enumerate(self._data_options):
            body += (b"&" if number and option.name != "json" else b"") + self._part(option)
        return body

    def _part(self, option: Option) -> bytes:
        value = option.value
        if option.name == "data-urlencode":
            return self._encoded_part(value)
        if value.startswith("@") and option.name != "data-raw":
            content = self._file(value[1:])
            if option.name in {"data-binary", "json"}:
                return content
            if b"\0" in content:
                raise ValueError(f"curl cuts lines with a NUL off in {option.spelled} @FILE; give --data-binary @FILE")
            return content.translate(None, b"\r\n")
        return _bytes(value)

    def _encoded_part(self, value: str) -> bytes:
        """`content`, `=content`, `name=content`, `@file` or `name@file`."""
        name, equals, text = value.partition("=")
        content = _bytes(text)
        if not equals:
            name, at, file = value.partition("@")
            name, content = (name, self._file(file)) if at else ("", _bytes(value))
        return _bytes(f"{name}=" if name else "") + quote_plus(content).encode()

    def _file(self, name: str) -> bytes:
        if name in {"-", "."}:
            raise ValueError("nothing is read from standard input; name a file")
        try:
            content = (self._folder / name).read_bytes()
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise ValueError(f"file {name!r} cannot be read ({reason}); name a readable file") from None
        self.files.append(content)
        return content


def _header(text: str) -> tuple[str, str | None]:
    """A header as `-H` has it: `Name: value`; `Name;` for one that is empty; `Name:` for one that is not sent, None."""
    name, colon, value = text.partition(":")
    value = value.strip(" \t")
    empty = not colon and name.endswith(";")
    name = name.removesuffix(";") if empty else name
    if not HEADER_NAME.fullmatch(name) or not (colon or empty):
        raise ValueError("-H must be of the form 'Name: value', 'Name:' for none, or 'Name;' for an empty one")
    return name, _on_the_wire(value) if value or empty else None


def _of_url(user_info: str) -> bytes:
    """User and password as a URL has them, percent-decoded."""
    user, _, password = user_info.partition(":")
    return unquote_to_bytes(_bytes(user)) + b":" + unquote_to_bytes(_bytes(password)) if user_info else b""


def _on_the_wire(value: str) -> str:
    """A header's value, whose bytes curl sends as they are, in the characters that stand for bytes in a header."""
    return _bytes(value).decode("latin-1")


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogateescape")
