"""Playing rounds of connections against one origin, and looking at it after each."""

import asyncio
import ssl
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

import psutil

from bench.fuzzing.handshakes import over_tls
from bench.fuzzing.scripts import Script, drained, lasting, wild
from bench.fuzzing.talk import Outcome, Talk
from bench.fuzzing.verdict import Ledger, fault_of, grows
from http_benchmark.errors import TargetError
from http_benchmark.models.measurement import ServerCounts
from http_benchmark.origin.process import OriginProcess

PARTS: tuple[tuple[str, Callable[[Random, str], Script]], ...] = (
    ("lasting", lasting),
    ("drained", drained),
    ("wild", wild),
)
AT_A_TIME = 64  # connections
PATIENCE_S = 60.0  # with a processor, to notice that everybody is gone; TCP may rest where windows are small
IDLE_S = 0.3
IDLE_CPU_S = 0.05  # in IDLE_S; a loop that spins uses all of it
_LISTENING = "0A"  # in /proc/net/tcp
MOST_GROWTH_BYTES = 8 * 1024**2


@dataclass
class Report:
    """What happened so far.

    Attributes:
        findings: What must not be, each with what plays it again.
        sizes: The origin's resident memory after each round, in bytes.
        played: Connections by part.
    """

    findings: list[str] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    played: Counter[str] = field(default_factory=Counter)
    damaged: int = 0
    left: int = 0
    counts: ServerCounts = field(default_factory=ServerCounts)
    cpu_s: float = 0.0

    def summary(self) -> str:
        """One paragraph."""
        statuses = Counter[str]()
        for status, count in self.counts.statuses.items():
            statuses[f"{status // 100}xx"] += count
        sizes = self.sizes or [0]
        return (
            f"{len(self.sizes)} rounds, {self.counts.connections:,} connections ({self.damaged:,} damaged, "
            f"{self.left:,} left early), {self.counts.requests:,} answers "
            f"({', '.join(f'{count:,} {name}' for name, count in sorted(statuses.items()))}), "
            f"{(self.counts.bytes_received or 0) / 1e9:.2f} GB in, {(self.counts.bytes_sent or 0) / 1e9:.2f} GB out; "
            f"CPU {self.cpu_s:,.0f} s, {self.counts.cpu_s:,.0f} s of it the origin's; memory {sizes[0] / 1e6:.1f} MB "
            f"after the first round, {sizes[-1] / 1e6:.1f} MB after the last, {max(sizes) / 1e6:.1f} MB at "
            f"most; {len(self.findings)} findings"
        )


class Fuzzer:
    """Plays rounds against one origin.

    Args:
        seed: What all choices follow from.
        connections: Per part of a round.
        origin: Whom to play against.
        trusts: The origin was not ordered to go wrong.
    """

    def __init__(self, seed: int, connections: int, origin: OriginProcess, *, trusts: bool = True) -> None:
        self.report = Report()
        self._seed = seed
        self._connections = connections
        self._origin = origin
        self._trusts = trusts
        self._process = psutil.Process(origin.pid)
        address = urlsplit(origin.url)
        assert address.hostname is not None
        assert address.port is not None
        self._target = address.hostname, address.port
        self._tls = ssl.create_default_context(cafile=origin.ca_file) if origin.ca_file else None
        self._complaints = ""
        self._descriptors = self._process.num_fds()
        self._growing = False

    def play(self, number: int) -> bool:
        """One round; whether the origin is still there after it."""
        where = f"--round {number}"
        try:
            self._parts(number)
            self._idle(where)
            self.report.counts = self._origin.counts()
            self._origin.take_requested()  # as a run does: until it is asked, it keeps what came
            self.report.sizes.append(self._process.memory_info().rss)
        except (TargetError, psutil.NoSuchProcess) as error:
            self._find(where, f"the origin is gone: {error}")
            return False
        self.report.cpu_s = time.process_time() + self.report.counts.cpu_s
        self._complains(where)
        self._grows(where)
        return True

    def _parts(self, number: int) -> None:
        for name, kind in PARTS:
            self._part(number, name, kind)

    def _part(self, number: int, name: str, kind: Callable[[Random, str], Script]) -> None:
        scripts = [
            kind(Random(f"{self._seed}/{number}/{name}/{place}"), f"--round {number}, {name} {place}")
            for place in range(self._connections)
        ]
        if self._tls:
            scripts = [over_tls(Random(script.name), script, number) for number, script in enumerate(scripts)]
        if not self._trusts:
            scripts = [replace(script, trusts=False) for script in scripts]
        before = self._origin.counts()
        outcomes = asyncio.run(_all(scripts, self._target, self._starved_s, self._tls))
        self._deserted(f"--round {number}, after {name}")
        seen = self._origin.counts() - before
        for outcome in outcomes:
            if fault := fault_of(outcome):
                self._find(outcome.script.name, fault)
        for fault in Ledger.of(outcomes).faults(seen):
            self._find(f"--round {number}, {name}", fault)
        self.report.played[name] += len(outcomes)
        self.report.damaged += sum(not outcome.script.sound for outcome in outcomes)
        self.report.left += sum(outcome.script.leaves for outcome in outcomes)

    def _starved_s(self) -> float:
        """For how long the origin has waited for a processor."""
        return int(Path(f"/proc/{self._process.pid}/schedstat").read_text(encoding="ascii").split()[1]) / 1e9

    def _served_s(self) -> float:
        """The clock, but it stands while the origin waits for a processor."""
        return time.monotonic() - self._starved_s()

    def _deserted(self, where: str) -> None:
        """Wait until the origin has closed all connections; a finding if it does not.

        Its event loop has to turn a few times, which each answer of it shows: who came last may not be accepted yet.
        """
        deadline_s, turns = self._served_s() + PATIENCE_S, 0
        while turns < 4:
            self._origin.counts()
            held = self._process.num_fds() - self._descriptors
            turns = 0 if held > 0 else turns + 1
            if held > 0 and self._served_s() > deadline_s:
                self._find(where, f"the origin holds {held} connections of nobody: {self._connections_held()}")
                self._descriptors += held
            elif held > 0:
                time.sleep(0.01)

    def _connections_held(self) -> str:
        """The lines of the kernel's table about them: addresses, state, queues, timer."""
        descriptors = Path(f"/proc/{self._process.pid}/fd").iterdir()
        links = {str(entry.readlink()) for entry in descriptors if entry.is_symlink()}
        lines = [line.split() for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
        ours = [" ".join(words[1:7]) for words in lines if f"socket:[{words[9]}]" in links and words[3] != _LISTENING]
        return "; ".join(ours) or "none that the kernel knows of"

    def _idle(self, where: str) -> None:
        """With nobody connected, the origin must not be busy."""
        cpu_s = self._origin.counts().cpu_s
        time.sleep(IDLE_S)
        cpu_s = self._origin.counts().cpu_s - cpu_s
        if cpu_s > IDLE_CPU_S:
            self._find(where, f"the origin used {cpu_s:.2f} s of CPU time in {IDLE_S} s with nobody connected")

    def _grows(self, where: str) -> None:
        sizes = self.report.sizes
        if not self._growing and grows(sizes, allowed=MOST_GROWTH_BYTES):
            self._growing = True
            some = ", ".join(f"{size / 1e6:.1f}" for size in sizes[:: max(1, len(sizes) // 8)])
            self._find(f"up to {where}", f"the origin's memory grows: {some} MB")

    def _complains(self, where: str) -> None:
        """Faults in what the event loop calls end one connection only, but are written to standard error."""
        complaints = self._origin.complaints()
        if complaints != self._complaints:
            self._find(where, f"the origin says: {complaints.removeprefix(self._complaints)[-3000:]}")
            self._complaints = complaints

    def _find(self, where: str, what: str) -> None:
        self.report.findings.append(f"--seed {self._seed} {where}: {what}")


async def _all(
    scripts: Sequence[Script], target: tuple[str, int], starved_s: Callable[[], float], tls: ssl.SSLContext | None
) -> list[Outcome]:
    outcomes: list[Outcome] = []
    waiting = iter(scripts)

    async def play() -> None:
        for script in waiting:
            outcomes.append(await Talk(script, target, starved_s, tls=tls).run())  # noqa: PERF401 - each as it ends

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_A_TIME):
            group.create_task(play())
    return outcomes
