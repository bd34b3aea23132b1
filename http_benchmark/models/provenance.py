"""Where a result comes from: the versions of everything that took part, and who measured what.

The machine and its settings are in `environment`.
"""

from datetime import datetime

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


class Session(Model):
    """One stretch of measuring; an experiment that was interrupted and resumed has several.

    Attributes:
        started_at, finished_at: Of the stretch; None while it lasts, and for one that was killed.
        first_block: The first block that it was to measure.
        boot_id: Of the kernel, another one after each start of the machine; None where a system has none.
        pid_namespace: Which processes it shares numbers with; None outside of Linux, and of earlier versions.
        pid, process_started: The process that measured it, and the kernel's own time of its start, which tells it from
            a later one of the same number.
        forced: In what it differs from the session before, where that was accepted by force.
    """

    started_at: datetime
    finished_at: datetime | None = None
    first_block: int = 0
    boot_id: str | None = None
    pid_namespace: str | None = None
    pid: int | None = None
    process_started: int | None = None
    forced: tuple[str, ...] = ()


class Provenance(Model):
    """Where a result comes from.

    Attributes:
        command: A command that measures the same; secrets stand in it as they may be shown. None for one that was
            measured by an earlier version.
        program: This program.
        project: The project in whose folder it was measured; None outside of one.
        interpreter: The interpreter that ran clients of the main environment.
        runtimes: What each client brought along: contender without its mode → runtime. A client that could not be asked
            is missing.
        plan_fingerprint: SHA-256 over everything that decides what is measured, secrets aside: equal plans measure the
            same, in the same order.
        files: Setting → fingerprint of the file that it names.
        sessions: In order of time.
        reproduces: ID of the experiment that this one measured again; None for none.
    """

    command: str | None = None
    program: Revision
    project: Revision | None = None
    interpreter: InterpreterBuild = InterpreterBuild()
    runtimes: dict[str, Runtime] = {}
    plan_fingerprint: str | None = None
    files: dict[str, str] = {}
    sessions: tuple[Session, ...] = ()
    reproduces: str | None = None
