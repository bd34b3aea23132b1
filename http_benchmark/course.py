"""How a measurement goes as a whole: when it began, when it ended, and how."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Literal

type Status = Literal["running", "finished", "interrupted", "failed"]


class Course:
    """The course of one measurement.

    Attributes:
        started_at: When it began; before that, when it was planned.
        finished_at: When it ended, in whatever way; None until then.
        status: How it stands, or how it ended.
    """

    def __init__(self) -> None:
        self.started_at = datetime.now(UTC)
        self.finished_at: datetime | None = None
        self.status: Status = "running"

    @contextmanager
    def under_way(
        self, succeeded: Callable[[], bool] = lambda: True, *, since: datetime | None = None
    ) -> Iterator[None]:
        """Note what becomes of what is done inside; exceptions go on.

        Args:
            succeeded: Asked at the end whether there is anything to show.
            since: When it began, if that was in an earlier session.
        """
        now, now_s = datetime.now(UTC), time.monotonic()
        self.started_at = since or now
        try:
            yield
            self.status = "finished" if succeeded() else "failed"
        except KeyboardInterrupt:
            self.status = "interrupted"
            raise
        except BaseException:
            self.status = "failed"
            raise
        finally:
            ended_at = now + timedelta(seconds=time.monotonic() - now_s)  # though the clock be set meanwhile
            self.finished_at = max(self.started_at, ended_at)
