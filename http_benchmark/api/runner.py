"""The process that measures one job: takes its order on standard input, tells on standard output how it goes.

Run as `python -m http_benchmark.api.runner PARENT_PID`. It stores each block as it ends, so that whatever ends it loses
none; it is interrupted by a second line on its input, or by the end of it.
"""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import Any, BinaryIO

from http_benchmark.api.targets import AllowedTarget, require_allowed
from http_benchmark.benchmark import Experiment, Observer
from http_benchmark.errors import HTTPBenchmarkError, StorageError
from http_benchmark.lifeline import die_with_parent, take_stdout
from http_benchmark.models.experiment import ExperimentResult
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from http_benchmark.models.measurement import BlockRecord, SliceRecord
from http_benchmark.plan import Plan
from http_benchmark.redaction import cleared, cleared_document
from http_benchmark.restoring import restored
from http_benchmark.resuming import Interrupted
from http_benchmark.storage import ResultStorage
from http_benchmark.utils.tracebacks import clear_tracebacks

_PROGRESS_EVERY_S = 0.5


def main() -> None:
    """Measure the job, and say how it ended."""
    die_with_parent(int(sys.argv[1]))
    clear_tracebacks()
    signal.signal(signal.SIGINT, _interrupt)
    say = _Voice(take_stdout())
    lines, ended = _lines(), threading.Event()
    order = json.loads(next(lines))
    answer: dict[str, str]
    try:
        threading.Thread(target=_watch_input, args=[lines, ended], daemon=True).start()
        answer = {"ended": _measure(order, say)}
    except KeyboardInterrupt:
        answer = {"ended": "interrupted"}
    except StorageError as error:
        answer = {"ended": "failed", "message": "the database failed; the server's log says why", "log": str(error)}
    except HTTPBenchmarkError as error:
        answer = {"ended": "failed", "message": str(error)}
    ended.set()
    say(answer)


def _measure(order: Mapping[str, Any], say: "_Voice") -> str:
    allowed = [AllowedTarget.from_dict(values) for values in order["allowed_targets"]]
    with ResultStorage(order["database"]) as storage:
        stored = storage.get_experiment(order["job"])
        if stored is not None and stored.status == "finished":
            return "finished"  # the server died before it could note that
        if stored is None:
            configuration, interrupted = ExperimentConfiguration(**order["configuration"]), None
        else:
            # Whoever measured it before is dead: a job has one process at a time, which dies with its server.
            stored = stored.model_copy(update={"status": "interrupted"})
            configuration = restored(stored, {})
            interrupted = Interrupted(stored, storage.get_blocks(stored.id))
        require_allowed(configuration, allowed)
        experiment = Experiment(
            configuration,
            storage=storage,
            observer=_Teller(say),
            interrupted=interrupted,
            identifier=order["job"],
        )
        experiment.run()
    return "finished"


def _lines() -> Iterator[bytes]:
    """The lines of the input, of which several may have come at once; a thread may still read them at the end."""
    rest = b""
    while piece := os.read(0, 1 << 16):
        *lines, rest = (rest + piece).split(b"\n")
        yield from lines


def _watch_input(lines: Iterator[bytes], ended: threading.Event) -> None:
    """Interrupt the measurement on the next line of the input, or at its end."""
    next(lines, None)
    if not ended.is_set():
        os.kill(os.getpid(), signal.SIGINT)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    """Interrupt once, so that what was measured is saved in peace."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


class _Voice:
    """Says messages in JSON lines."""

    def __init__(self, answers: BinaryIO) -> None:
        self._answers = answers

    def __call__(self, message: Mapping[str, Any]) -> None:
        self._answers.write(json.dumps(cleared_document(message)).encode() + b"\n")
        self._answers.flush()


class _Teller(Observer):
    """Tells how an experiment goes; only between slices, like every observer."""

    def __init__(self, say: _Voice) -> None:
        self._say = say
        self._said_s = 0.0
        self._plan: Plan | None = None
        self._rates: dict[str, float] = {}
        self._slices = 0

    def started(self, result: ExperimentResult, plan: Plan) -> None:
        self._plan = plan
        self._tell(
            "plan",
            contenders=[arm.name for arm in plan.arms],
            blocks=plan.blocks,
            first_block=result.blocks,
            estimated_s=plan.estimated_s,
        )

    def slice_done(self, block: int, contender: str, record: SliceRecord) -> None:
        self._slices += 1
        if record.throughput_rps:
            self._rates[contender] = record.throughput_rps
        if self._plan and time.monotonic() - self._said_s >= _PROGRESS_EVERY_S:
            self._said_s = time.monotonic()
            slices = len(self._plan.arms) * len(self._plan.slices)
            share = (block + min(1.0, self._slices / max(1, slices))) / self._plan.blocks
            self._tell("progress", block=block, blocks=self._plan.blocks, share=share, throughput_rps=self._rates)

    def block_done(self, block: BlockRecord) -> None:
        self._slices = 0
        self._tell("block", block=block.number)

    def block_void(self, block: int, contender: str, reason: str, *, dropped: bool) -> None:
        self._slices = 0
        self._tell("void", block=block, contender=contender, reason=cleared(reason), dropped=dropped)

    def _tell(self, kind: str, **data: Any) -> None:
        self._say({"kind": kind, "data": data})


if __name__ == "__main__":
    main()
