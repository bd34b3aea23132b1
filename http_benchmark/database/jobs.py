"""The queue of jobs: which are waiting, which one is measured, and what happened to each.

Each method is one transaction. The table is the truth; of several servers on one database that one measures which holds
the `measuring` lock, so that a job that is "running" without its holder is one whose server died.
"""

import fcntl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from http_benchmark.database.upkeep import require_head
from http_benchmark.migrations.engine import database_url, open_engine, plain_errors, reading, writing
from http_benchmark.migrations.postgresql import NAME as POSTGRESQL
from http_benchmark.migrations.schema import EXPERIMENTS, JOB_EVENTS, JOBS
from http_benchmark.migrations.sqlite import file_of
from http_benchmark.models.job import ENDED, EventKind, Job, JobEvent, JobStatus
from http_benchmark.models.paging import Cursor, Page

MOST_QUEUED = 100
"""Jobs that may wait."""

_MOST_KEPT = 1000  # ended jobs, after which the oldest are forgotten; their experiments stay
_LOCK = 0x687474705F6A6F62  # "http_job": any number that no other program locks


class JobQueue:
    """The jobs of a database.

    Args:
        database: A path of a SQLite file, or a database URL.
        pooled: Keep connections open, as `ResultStorage` does.

    Raises:
        StorageError: The database cannot be opened.
        DatabaseVersionError: Its schema is older or newer than this program's.
    """

    def __init__(self, database: str | Path, *, pooled: bool = False) -> None:
        self._engine = open_engine(database_url(database), pooled=pooled)
        self._lock: Connection | None = None
        require_head(self._engine)

    def close(self) -> None:
        """Let go of the connections; harmless when repeated."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def add(self, job_id: str, configuration: Mapping[str, Any]) -> Job | None:
        """Queue a job with a new ID and this configuration, as it may be shown; None where too many wait."""
        with writing(self._engine) as connection:
            waiting = select(func.count()).select_from(JOBS).where(JOBS.c.status == "queued")
            if connection.execute(waiting).scalar_one() >= MOST_QUEUED:
                return None
            values = {"status": "queued", "created_at": datetime.now(UTC), "configuration": dict(configuration)}
            connection.execute(insert(JOBS).values(id=job_id, **values))
            _append(connection, job_id, "status", {"status": "queued"})
            _forget_the_oldest(connection)
            return _found(connection, job_id)

    def get(self, job_id: str) -> Job | None:
        """The job with this ID, or None."""
        with reading(self._engine) as connection:
            return _found(connection, job_id)

    def page(self, limit: int = 20, *, before: str | None = None, status: JobStatus | None = None) -> Page[Job]:
        """Some jobs, the newest first.

        Args:
            limit: At most so many.
            before: The `next` of the page before; None for the first page.
            status: Leave out all others.

        Raises:
            ConfigurationError: `before` is no end of a page.
        """
        query = _select().order_by(JOBS.c.number.desc()).limit(limit + 1)
        query = query if before is None else query.where(JOBS.c.number < Cursor.read(before).place)
        query = query if status is None else query.where(JOBS.c.status == status)
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
        following = str(Cursor(rows[limit - 1].number, "")) if len(rows) > limit else None
        return Page(tuple(map(_job_of, rows[:limit])), following)

    def claim(self) -> Job | None:
        """Take the next job, whose status becomes "running"; first of all one whose server died. For the lock's holder.

        Returns:
            The job, or None where none is waiting.

        Raises:
            StorageError: The lock is no longer held.
        """
        self.require_alone()
        with writing(self._engine) as connection:
            query = select(JOBS.c.id).where(JOBS.c.status.in_(("running", "queued")))
            job_id = connection.execute(query.order_by(JOBS.c.number).limit(1)).scalar()
            if job_id is None:
                return None
            started_at = func.coalesce(JOBS.c.started_at, datetime.now(UTC))
            _change(connection, job_id, status="running", started_at=started_at)
            _append(connection, job_id, "status", {"status": "running"})
            return _found(connection, job_id)

    def release(self, job_id: str) -> None:
        """Have a running job wait again, since its server ends."""
        with writing(self._engine) as connection:
            if _status(connection, job_id) == "running":
                _change(connection, job_id, status="queued")
                _append(connection, job_id, "status", {"status": "queued"})

    def end(self, job_id: str, status: JobStatus, message: str | None = None) -> Job | None:
        """End a job that has not ended; the job as it is then, or None where there is none such."""
        with writing(self._engine) as connection:
            before = _status(connection, job_id)
            if before is not None and before not in ENDED:
                _change(connection, job_id, status=status, finished_at=datetime.now(UTC), message=message)
                _append(connection, job_id, "status", {"status": status} | ({"message": message} if message else {}))
            return _found(connection, job_id)

    def note(self, job_id: str, kind: EventKind, data: Mapping[str, Any]) -> JobStatus | None:
        """Append an event; the job's status meanwhile, or None where it is gone."""
        with writing(self._engine) as connection:
            status = _status(connection, job_id)
            if status is not None:
                _append(connection, job_id, kind, data)
            return status

    def status(self, job_id: str) -> JobStatus | None:
        """A job's status, or None where there is none such."""
        with reading(self._engine) as connection:
            return connection.execute(select(JOBS.c.status).where(JOBS.c.id == job_id)).scalar()

    def events(self, job_id: str, *, after: int = 0) -> list[JobEvent]:
        """What happened to a job, in order.

        Args:
            job_id: Of the job.
            after: Leave out all up to this number.
        """
        query = select(JOB_EVENTS).join(JOBS, JOBS.c.number == JOB_EVENTS.c.job)
        query = query.where(JOBS.c.id == job_id, JOB_EVENTS.c.number > after).order_by(JOB_EVENTS.c.number)
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
        return [JobEvent(number=row.number, at=row.at, kind=row.kind, data=row.data) for row in rows]

    @contextmanager
    def measuring(self) -> Iterator[bool]:
        """Be the one who measures, until the end of the block or of this process; says whether nobody else is.

        On PostgreSQL also until the connection breaks that holds the lock: see `require_alone`.
        """
        if self._engine.dialect.name == POSTGRESQL:
            with plain_errors(self._engine.url), self._engine.connect() as connection:
                self._lock = connection.execution_options(isolation_level="AUTOCOMMIT")
                try:
                    yield bool(self._lock.execute(select(func.pg_try_advisory_lock(_LOCK))).scalar())
                finally:
                    self._lock = None
            return
        file = file_of(self._engine.url)
        if file is None:  # in memory: nobody else can see it
            yield True
            return
        file = file.resolve()  # one lock, by whatever links the file is called
        with file.with_name(f"{file.name}-jobs").open("ab") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield False
            else:
                yield True

    def require_alone(self) -> None:
        """See to it that the lock of `measuring` is still held; outside of it nobody asks.

        Raises:
            StorageError: It is not: the server of the database let go of it.
        """
        if self._lock is not None:
            with plain_errors(self._engine.url):
                self._lock.execute(select(1))


def _select() -> Any:
    experiment = select(EXPERIMENTS.c.id).where(EXPERIMENTS.c.id == JOBS.c.id).exists()
    return select(JOBS, experiment.label("has_experiment"))


def _found(connection: Connection, job_id: str) -> Job | None:
    row = connection.execute(_select().where(JOBS.c.id == job_id)).first()
    return _job_of(row) if row else None


def _job_of(row: Row[Any]) -> Job:
    return Job(**{name: value for name, value in row._mapping.items() if name in Job.model_fields})  # noqa: SLF001 - public, by SQLAlchemy's documentation


def _status(connection: Connection, job_id: str) -> JobStatus | None:
    """The status of a job, which nobody else changes until the transaction ends."""
    status: JobStatus | None = connection.execute(
        select(JOBS.c.status).where(JOBS.c.id == job_id).with_for_update()
    ).scalar()
    return status


def _change(connection: Connection, job_id: str, **values: Any) -> None:
    connection.execute(update(JOBS).where(JOBS.c.id == job_id).values(**values))


def _append(connection: Connection, job_id: str, kind: EventKind, data: Mapping[str, Any]) -> None:
    job = connection.execute(select(JOBS.c.number).where(JOBS.c.id == job_id)).scalar_one()
    last = select(func.coalesce(func.max(JOB_EVENTS.c.number), 0)).where(JOB_EVENTS.c.job == job)
    number = connection.execute(last).scalar_one() + 1
    values = {"job": job, "number": number, "at": datetime.now(UTC), "kind": kind, "data": dict(data)}
    connection.execute(insert(JOB_EVENTS).values(**values))


def _forget_the_oldest(connection: Connection) -> None:
    ended = select(JOBS.c.number).where(JOBS.c.status.in_(ENDED)).order_by(JOBS.c.number.desc())
    last = connection.execute(ended.offset(_MOST_KEPT).limit(1)).scalar()
    if last is not None:
        connection.execute(delete(JOBS).where(JOBS.c.status.in_(ENDED), JOBS.c.number <= last))
