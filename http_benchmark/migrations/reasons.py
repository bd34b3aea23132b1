"""Errors of databases in plain words: what is wrong, and what to do."""

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError

from http_benchmark.migrations.sqlite import BUSY_TIMEOUT_S

type _Table = tuple[tuple[str, str], ...]

_FOREIGN_TABLES = "holds another program's tables under the same names; choose another database"
_CHANGED = "was brought to another version meanwhile; run: http-benchmark db current"
_FULL = "cannot grow, the disk is full; make room"
_DAMAGED = "is damaged; restore it from a copy or choose another one"
_UNREACHABLE = "cannot be reached; check host and port, and whether the server runs"

_EITHER: _Table = (
    ("already exists", _FOREIGN_TABLES),
    ("surrogates not allowed", "cannot hold text that is not Unicode; leave it out"),
)
_SQLITE: _Table = (
    ("locked", f"is locked by another process for over {BUSY_TIMEOUT_S:.0f} s; try again when that one is done"),
    ("not a database", "is not a SQLite database; choose another file"),
    ("unable to open", "cannot be opened; check that the folder exists and that you may write there"),
    ("readonly", "cannot be written; check the permissions of the file and its folder"),
    ("malformed", _DAMAGED),
    ("disk is full", _FULL),
    ("disk I/O error", "cannot be read or written; see whether its disk is full (a few KiB are needed), or fails"),
    ("no such table", _CHANGED),
    ("no such column", _CHANGED),
)
_POSTGRESQL: _Table = (
    ("[42P01]", _CHANGED),
    ("[42703]", _CHANGED),
    ("[42501]", "does not let this user do that; grant the right to create and to change tables"),
    ("[40P01]", "was changed by others at the same time; try again"),
    ("[53100]", _FULL),
    ("[XX001]", _DAMAGED),
    ("[XX002]", _DAMAGED),
    ("[57P0", "was closed by its server; try again when it runs"),
    ("server closed the connection", "was closed by its server; try again when it runs"),
    ("too many clients", "has no connection left; try again later, or raise the server's max_connections"),
    ("authentication failed", "refuses this user or password; check both"),
    ("no password supplied", "wants a password; put it into the URL or into ~/.pgpass"),
    ("does not exist", "does not exist on this server, or the user does not; create both first"),
    ("Connection refused", _UNREACHABLE),
    ("No such file or directory", _UNREACHABLE),
    ("resolve host", _UNREACHABLE),
    ("timeout expired", _UNREACHABLE),
)
"""The database's words, or its SQLSTATE → what to tell the user after the database's name."""


def reason(error: Exception, url: URL) -> str:
    """The rest of a sentence that begins with the database's name; never with its password."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    text = " ".join(str(cause).split())
    words = f"[{getattr(cause, 'sqlstate', None)}] {text}"
    known = _SQLITE if url.get_backend_name() == "sqlite" else _POSTGRESQL
    for sign, meaning in (*known, *_EITHER):
        if sign in words:
            return meaning
    return f"refused: {text.replace(url.password, '***') if url.password else text}"
