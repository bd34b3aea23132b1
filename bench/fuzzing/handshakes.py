"""The same scripts over TLS, and handshakes that never come about."""

import ssl
from dataclasses import replace
from random import Random

from bench.fuzzing.damage import flip_bits, noise, put_in
from bench.fuzzing.scripts import Script, cut

_BROKEN_EVERY = 8  # of so many connections one never gets through its handshake


def over_tls(random: Random, script: Script, number: int) -> Script:
    """The script over TLS, or, of every eighth, a handshake that fails instead.

    TLS knows no connection that is closed on one side only: who would half-close waits for its answers first, or, with
    damaged requests, which need not be answered, leaves.
    """
    if number % _BROKEN_EVERY == 0:
        return _broken(random, script)
    if script.ending != "half-close":
        return replace(script, tls="spoken")
    return replace(script, tls="spoken", ending="answered" if script.sound else "close")


def _broken(random: Random, script: Script) -> Script:
    """A request in the clear, any bytes, or a greeting that is damaged, cut off, or followed by something else."""
    hello = _hello()
    wire = random.choice(
        (
            b"".join(script.parts) or b"GET / HTTP/1.1\r\n\r\n",
            b"",
            hello,
            hello[: random.randrange(len(hello))],
            flip_bits(random, hello),
            put_in(random, hello),
            noise(random, hello),
            hello + hello,
            hello[:3] + random.randbytes(2) + hello[5:],  # a wrong length of the record
            b"\x15\x03\x01\x00\x02\x02\x28",  # an alert instead of a greeting
        )
    )
    parts, rest_s = cut(random, wire) if wire else ((), 0.0)
    return Script(
        script.name,
        script.address,
        (),
        sound=False,
        trusts=False,
        parts=parts,
        rest_s=rest_s,
        ending=random.choice(("half-close", "close", "reset")),
        ends_after_s=random.choice((0.0, 0.0, random.random() / 10)),
        tls="broken",
    )


def _hello() -> bytes:
    """What a client says first."""
    outgoing = ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost")
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        return outgoing.read()
    raise AssertionError("a handshake without a server")
