"""Where a result comes from: the versions of everything that took part, and who measured what.

The machine and its settings are in `environment`.
"""

from http_benchmark.models.base import Model


class Revision(Model):
    """A program at a moment.

    Attributes:
        name: Of the project.
        version: As it says itself.
        commit: The commit that its folder was at, abbreviated; None where git does not know it.
        changed: Whether the folder differed from that commit.
    """

    name: str | None = None
    version: str | None = None
    commit: str | None = None
    changed: bool | None = None


class Runtime(Model):
    """What a client brings along.

    Attributes:
        tls: The TLS library that it speaks through, with its version; None where it does not tell.
        packages: Name → version of the client's distribution, of all that it requires, and of all that it loads.
    """

    tls: str | None = None
    packages: dict[str, str] = {}


class InterpreterBuild(Model):
    """How the interpreter was built and set up, beyond its version.

    Attributes:
        flags: What makes it another kind of interpreter: "debug", "free-threaded", "optimised with -O", "JIT".
        event_loop: Class of asyncio's event loop, in which asynchronous clients run.
        libc: Name and version of the C library.
        variables: Environment variables that change how it runs: PYTHONMALLOC, MALLOC_ARENA_MAX and the like.
    """

    flags: tuple[str, ...] = ()
    event_loop: str | None = None
    libc: str | None = None
    variables: dict[str, str] = {}


class Provenance(Model):
    """Where a result comes from.

    Attributes:
        program: This program.
        project: The project in whose folder it was measured; None outside of one.
        interpreter: The interpreter that ran clients of the main environment.
        runtimes: What each client brought along: contender without its mode → runtime. A client that could not be asked
            is missing.
    """

    program: Revision
    project: Revision | None = None
    interpreter: InterpreterBuild = InterpreterBuild()
    runtimes: dict[str, Runtime] = {}
