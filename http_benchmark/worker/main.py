"""The worker process: imports one client, sends what it is told to, answers in JSON lines.

It imports the standard library and the one client that it measures, so that memory, import time and CPU are the
client's. Run as `python -m http_benchmark.worker.main PARENT_PID SAMPLES_FD [CPU…]`.
"""

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import replace

from http_benchmark.clients import load_adapter
from http_benchmark.errors import UnsupportedOptionError
from http_benchmark.lifeline import die_with_parent, pin, raise_file_limit, take_stdout, wake_in_time
from http_benchmark.worker import memory
from http_benchmark.worker.protocol import (
    Broken,
    Finish,
    Finished,
    Message,
    Open,
    Opened,
    Reconnect,
    Run,
    decode,
    encode,
)
from http_benchmark.worker.session import Session
from http_benchmark.worker.usage import IdleWatch


def main() -> None:
    """Serve the controller until it says `Finish` or closes the pipe."""
    parent_pid, sink, *cpus = (int(argument) for argument in sys.argv[1:])
    die_with_parent(parent_pid)
    pin(cpus)
    raise_file_limit()
    wake_in_time()
    answers = take_stdout()
    for message in _serve(sink):
        answers.write(json.dumps(encode(message)).encode() + b"\n")
        answers.flush()


def _serve(sink: int) -> Iterator[Message]:
    session: Session | None = None
    idle = IdleWatch()
    for order in _orders(idle):
        try:
            if isinstance(order, Open):
                base_memory_bytes = memory.resident_bytes()
                started_s = time.perf_counter()
                adapter = load_adapter(order.module)
                import_s = time.perf_counter() - started_s
                session = Session(getattr(adapter, order.class_name)(), adapter.ERRORS, order, sink)
                yield Opened(
                    import_s=import_s,
                    construction_s=session.construction_s,
                    base_memory_bytes=base_memory_bytes,
                    library_file=getattr(sys.modules.get(order.import_name), "__file__", None),
                )
            elif isinstance(order, Run) and session is not None:
                yield replace(session.run(order), idle_ns=idle.idle_ns, idle_cpu_ns=idle.idle_cpu_ns)
            elif isinstance(order, Reconnect) and session is not None:
                yield session.reconnect(order)
            elif isinstance(order, Finish) and session is not None:
                yield Finished(close_s=session.close(), peak_memory_bytes=session.peak_memory_bytes)
        except ImportError as error:
            yield Broken(reason=str(error), kind="unavailable")
        except UnsupportedOptionError as error:
            yield Broken(reason=str(error), kind="unsupported")
        except Exception as error:  # noqa: BLE001 - the edge of the process: the controller decides what follows
            yield Broken(reason=f"{type(error).__name__}: {error}".removesuffix(": "), kind="failed")


def _orders(idle: IdleWatch) -> Iterator[Message]:
    """What the controller says; `idle` watches the time from one answer to the next order."""
    idle.start()
    for line in sys.stdin.buffer:
        idle.end()
        yield decode(json.loads(line))
        idle.start()


if __name__ == "__main__":
    main()
