"""curl commands, as people paste them and browsers copy them: each becomes a request, sent in the order of the file.

What says what is sent is understood; what says how curl shows or stores the answer is left alone; anything else is a
fault, so that no request is silently another one.
"""

import argparse
import base64
import hashlib
import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote, urldefrag, urlsplit

from http_benchmark.errors import ConfigurationError
from http_benchmark.models.fields import METHODS
from http_benchmark.redaction import without_secrets
from http_benchmark.workloads.har import NOT_REPLAYED
from http_benchmark.workloads.workload import Template, Workload

_IGNORED_FLAGS = (
    *("-s", "--silent", "-S", "--show-error", "-v", "--verbose", "-i", "--include", "-f", "--fail", "-g", "--globoff"),
    *("-N", "--no-buffer", "-O", "--remote-name", "-#", "--progress-bar", "--compressed", "--http1.1", "-4", "-6"),
)
_IGNORED_WITH_VALUE = (
    *("-o", "--output", "-w", "--write-out", "-m", "--max-time", "--connect-timeout", "-D", "--dump-header"),
    *("--retry", "-c", "--cookie-jar"),
)
_OWN_OPTIONS = {
    "-k": "--no-verify",
    "--insecure": "--no-verify",
    "-L": "--follow-redirects",
    "--location": "--follow-redirects",
    "--cacert": "--ca",
    "--http2": "--http 2",
}
"""curl's options that hold for the whole run here, and what they are called."""

_QUOTED = re.compile(r"""\\.|\$'|'[^']*'|"(?:\\.|[^"\\])*\"""", re.DOTALL)
"""What a shell takes as one piece, each whole; of `$'…'`, which means something else, only the beginning."""

_FORM = "application/x-www-form-urlencoded"
_JSON = "application/json"


class _Parser(argparse.ArgumentParser):
    """Raises instead of ending the program."""

    def error(self, message: str) -> NoReturn:
        raise ValueError(message)


class _Data(argparse.Action):
    """Keeps the options that make up the body in their order."""

    def __call__(
        self,
        _parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        namespace.data = [*(namespace.data or ()), (option_string, values)]


def read(path: Path, content: bytes) -> Workload:
    """Read a workload from a file of curl commands.

    Raises:
        ConfigurationError: With one line for each fault.
    """
    digest = hashlib.sha256(content)
    faults: list[str] = []
    notes: dict[str, None] = {}
    templates: list[Template] = []
    for line_number, words in _commands(content.decode(errors="replace"), faults):
        try:
            command = _Command(words, path.parent)
            templates += command.templates
            notes |= dict.fromkeys(command.notes)
            for file in command.files:
                digest.update(file)
        except ValueError as error:
            faults.append(f"line {line_number}: {error}")
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


def _commands(text: str, faults: list[str]) -> Iterator[tuple[int, list[str]]]:
    """The words of each command, with the line on which it begins; comments and empty lines are skipped."""
    begun, first_line = "", 0
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        if not begun:
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            first_line = number
        begun += line
        if begun.endswith(("\\\n", "\\\r\n")):
            begun = begun.rstrip("\r\n")[:-1] + " "
            continue
        try:
            words = shlex.split(begun)
        except ValueError:  # a quotation that goes on in the next line
            continue
        if "$'" in _QUOTED.findall(begun):
            faults.append(
                f"line {first_line}: $'…' is not understood; put the body into a file and give --data-binary @FILE"
            )
        elif words[:1] == ["curl"]:
            yield first_line, words[1:]
        elif words:
            faults.append(f"line {first_line}: {words[0]!r} is no curl command; begin each command with curl")
        begun = ""
    if begun:
        faults.append(f"line {first_line}: a quotation that begins here does not end; close it")


class _Command:
    """One command line.

    Attributes:
        templates: A request for each of its URLs.
        notes: What of it has to be said elsewhere.
        files: Contents of the files that it names.

    Raises:
        ValueError: It is not understood, or a file that it names cannot be read.
    """

    def __init__(self, words: Sequence[str], folder: Path) -> None:
        self.files: list[bytes] = []
        self._folder = folder
        given = _parser().parse_args(words)
        self.notes = [
            f"{option} is left alone; give {_OWN_OPTIONS[option]} for the whole run"
            for option in dict.fromkeys(word.partition("=")[0] for word in words)
            if option in _OWN_OPTIONS
        ]
        urls = [*(given.url or ()), *given.urls]
        if not urls:
            raise ValueError("there is no URL; give one")
        self._given = given
        headers = self._headers()
        data = self._data()
        method = self._method(has_data=bool(given.data))
        if given.get and given.data:
            urls = [f"{url}{'&' if '?' in url else '?'}{data.decode()}" for url in urls]
            data = b""
        if data and method == "HEAD":
            raise ValueError("a body is not sent with HEAD; leave out one of both")
        self.templates = [self._template(method, url, headers, data) for url in urls]

    def _template(self, method: str, url: str, headers: tuple[tuple[str, str], ...], data: bytes) -> Template:
        if "://" not in url and not url.startswith("/"):
            url = f"http://{url}"
        try:
            url = urldefrag(url).url
            path = urlsplit(url).path or "/"
        except ValueError as error:
            raise ValueError(f"{without_secrets(url)!r} is no URL ({error}); correct it") from None
        return Template(f"{method} {path}", method, url, headers, data)

    def _method(self, *, has_data: bool) -> str:
        given = self._given
        implied = (
            "HEAD" if given.head else "PUT" if given.upload_file else "POST" if has_data and not given.get else "GET"
        )
        method = (given.request or implied).upper()
        if method not in METHODS or method == "STREAM":
            raise ValueError(f"method {method!r} is not offered; use GET, POST, PUT, PATCH, DELETE, HEAD or OPTIONS")
        return method

    def _headers(self) -> tuple[tuple[str, str], ...]:
        given = self._given
        headers: list[tuple[str, str]] = []
        for text in given.header or ():
            name, colon, value = text.partition(":")
            if not colon:
                raise ValueError(f"-H {text!r} must be of the form 'Name: value'")
            if name.lower() not in NOT_REPLAYED:
                headers.append((name.strip(), value.strip()))
        if given.user_agent is not None:
            headers.append(("User-Agent", given.user_agent))
        if given.referer is not None:
            headers.append(("Referer", given.referer))
        if given.cookie is not None:
            if "=" not in given.cookie:
                raise ValueError(f"-b {given.cookie!r} is a file, which is not read; give name=value")
            headers.append(("Cookie", given.cookie))
        if given.user is not None:
            credentials = base64.b64encode(given.user.encode()).decode("ascii")
            headers.append(("Authorization", f"Basic {credentials}"))
        if given.range is not None:
            headers.append(("Range", f"bytes={given.range}"))
        names = {name.lower() for name, _ in headers}
        options = {option for option, _ in given.data or ()}
        if options and not given.get and "content-type" not in names:
            headers.append(("Content-Type", _JSON if "--json" in options else _FORM))
        if "--json" in options and "accept" not in names:
            headers.append(("Accept", _JSON))
        return tuple(headers)

    def _data(self) -> bytes:
        if self._given.upload_file is not None:
            return self._file(self._given.upload_file)
        body = b""
        for option, value in self._given.data or ():
            part = self._part(option, value)
            body += (b"&" if body and option != "--json" else b"") + part
        return body

    def _part(self, option: str, value: str) -> bytes:
        if option == "--data-urlencode":
            name, equals, text = value.partition("=")
            if not equals:
                if "@" in value:
                    raise ValueError("--data-urlencode with a file is not understood; use --data-binary @FILE")
                name, text = "", value
            return f"{name}{'=' if name else ''}{quote(text, safe='')}".encode()
        if value.startswith("@") and option != "--data-raw":
            content = self._file(value[1:])
            return content if option in {"--data-binary", "--json"} else content.translate(None, b"\r\n")
        return value.encode()

    def _file(self, name: str) -> bytes:
        try:
            content = (self._folder / name).read_bytes()
        except OSError as error:
            raise ValueError(f"file {name!r} cannot be read ({error.strerror}); name a readable file") from None
        self.files.append(content)
        return content


def _parser() -> _Parser:
    parser = _Parser(prog="curl", add_help=False, allow_abbrev=False)
    parser.add_argument("urls", nargs="*")
    parser.add_argument("--url", action="append")
    parser.add_argument("-X", "--request")
    parser.add_argument("-H", "--header", action="append")
    parser.add_argument("-A", "--user-agent")
    parser.add_argument("-e", "--referer")
    parser.add_argument("-b", "--cookie")
    parser.add_argument("-u", "--user")
    parser.add_argument("-r", "--range")
    parser.add_argument("-G", "--get", action="store_true")
    parser.add_argument("-I", "--head", action="store_true")
    parser.add_argument("-T", "--upload-file")
    parser.add_argument(
        *("-d", "--data", "--data-ascii", "--data-raw", "--data-binary", "--data-urlencode", "--json"),
        action=_Data,
        dest="data",
    )
    own_flags = [option for option in _OWN_OPTIONS if option != "--cacert"]
    parser.add_argument(*own_flags, *_IGNORED_FLAGS, action="store_true", dest="ignored")
    parser.add_argument("--cacert", *_IGNORED_WITH_VALUE, dest="ignored_value")
    return parser
