"""URLs as they are sent: host names in the letters of the DNS, other characters percent-encoded."""

import re

import idna

_AUTHORITY = re.compile(r"(?<=://)[^/?#]*+")


def with_ascii_host(url: str) -> str:
    """A URL whose host is written with `xn--…` where it has other letters than ASCII, as browsers do (UTS 46).

    Raises:
        ValueError: No host can have that name.
    """
    return _AUTHORITY.sub(lambda match: _ascii_authority(match[0]), url, count=1)


def _ascii_authority(authority: str) -> str:
    user_info, at, host = authority.rpartition("@")
    if host.isascii():
        return authority
    name, colon, port = host.partition(":")
    return f"{user_info}{at}{idna.encode(name, uts46=True).decode('ascii')}{colon}{port}"
