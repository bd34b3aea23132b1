"""Results in a database: saved, found, compared, deleted.

What is in the rows stands in `database`; how databases are opened and migrated, in `migrations`. Each method is one
transaction. Several processes and threads may use one database at the same time.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Engine, Table, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from http_benchmark.archive import StoredExperiment
from http_benchmark.database.checking import findings
from http_benchmark.database.importing import take_in_experiments, take_in_results
from http_benchmark.database.listing import page, summaries
from http_benchmark.database.pruning import doomed, locked_doomed, remove
from http_benchmark.database.rows import (
    block_of,
    block_row,
    client_rows,
    document_row,
    experiment_of,
    experiment_row,
    facet_rows,
    microseconds,
    result_of,
    result_row,
)
from http_benchmark.errors import DatabaseVersionError, StorageError
from http_benchmark.migrations import revisions
from http_benchmark.migrations.engine import compact, database_url, label, migrating, open_engine, reading, writing
from http_benchmark.migrations.schema import BLOCKS, CLIENTS, DOCUMENTS, EXPERIMENTS, FACETS, RESULTS
from http_benchmark.migrations.sqlite import file_of
from http_benchmark.models.benchmark_result import BenchmarkResult
from http_benchmark.models.experiment import ExperimentResult
from http_benchmark.models.experiment_summary import ExperimentSummary
from http_benchmark.models.filters import ALL, Filters
from http_benchmark.models.finding import Finding
from http_benchmark.models.import_report import ImportReport, OnConflict
from http_benchmark.models.measurement import BlockRecord
from http_benchmark.models.retention import Retention

_COMPARED = (
    "id",
    "name",
    "client_library",
    "requests_per_second",
    "avg_response_time",
    "error_rate",
    "cpu_usage_avg",
    "memory_usage_avg",
)
_NAMED_CANDIDATES = 5
_LAST_CHARACTER = "\U0010ffff"


class ResultStorage:
    """A database of results, made and brought to the newest schema where there is none.

    Args:
        db_path: A path of a SQLite file, or a database URL.

    Attributes:
        db_path: As given.

    Raises:
        StorageError: The database cannot be opened.
        DatabaseVersionError: It is older than this program, and `upgrade` must be asked for; or it is newer.
    """

    def __init__(self, db_path: str | Path = "benchmark_results.db") -> None:
        self.db_path = db_path
        self._engine = open_engine(database_url(db_path))
        _require_head(self._engine)

    def close(self) -> None:
        """Let go of the connections; harmless when repeated."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # Results of single benchmarks

    def save_result(self, result: BenchmarkResult) -> None:
        """Store a result; an id can be stored once."""
        with writing(self._engine) as connection:
            _insert(connection, RESULTS, [result_row(result)], f"a result {result.id!r}")

    def get_result_by_id(self, result_id: str) -> BenchmarkResult | None:
        """The result with this id, or None."""
        return next(iter(self._results(RESULTS.c.id == result_id)), None)

    def get_results_by_name(self, name: str) -> list[BenchmarkResult]:
        """All results of that name, newest first."""
        return self._results(RESULTS.c.name == name)

    def get_all_results(self) -> list[BenchmarkResult]:
        """All results, newest first."""
        return self._results()

    def compare_results(self, result_ids: Sequence[str]) -> list[dict[str, Any]]:
        """The main figures of some results, in the order asked; an unknown id is left out."""
        found = {result.id: result for result in self._results(RESULTS.c.id.in_(result_ids))}
        known = [found[result_id] for result_id in result_ids if result_id in found]
        return [{name: getattr(result, name) for name in _COMPARED} for result in known]

    def delete_result(self, result_id: str) -> bool:
        """Delete a result; says whether there was one."""
        with writing(self._engine) as connection:
            return connection.execute(delete(RESULTS).where(RESULTS.c.id == result_id)).rowcount > 0

    def _results(self, *conditions: Any) -> list[BenchmarkResult]:
        query = select(RESULTS).where(*conditions).order_by(RESULTS.c.number.desc())
        with reading(self._engine) as connection:
            rows = connection.execute(query).mappings().all()
        return [result_of(row) for row in rows]

    def add_results(self, results: Sequence[BenchmarkResult], on_conflict: OnConflict = "refuse") -> ImportReport:
        """Take in results from elsewhere, all of them or none; what is there already stays.

        Raises:
            StorageError: Other results have their IDs, and that was to be refused.
        """
        with writing(self._engine) as connection:
            return take_in_results(connection, results, on_conflict)

    # Experiments

    def start_experiment(self, experiment: ExperimentResult) -> None:
        """Store an experiment that is about to run, with the status "running"."""
        running = experiment.model_copy(update={"status": "running"})
        tags = experiment.configuration.get("tag", [])
        with writing(self._engine) as connection:
            _insert(connection, EXPERIMENTS, [experiment_row(running, tags)], f"an experiment {experiment.id!r}")
            _describe(connection, running, tags)

    def resume_experiment(self, experiment: ExperimentResult) -> None:
        """Store that an experiment goes on, in one more session than is stored.

        Raises:
            StorageError: Somebody else resumed it meanwhile, or it is gone.
        """
        running = experiment.model_copy(update={"status": "running"})
        with writing(self._engine) as connection:
            tags = _require_experiment(connection, experiment.id)
            query = select(DOCUMENTS).where(DOCUMENTS.c.experiment_id == experiment.id)
            stored = experiment_of(connection.execute(query).mappings().one())
            if _sessions(stored) + 1 != _sessions(running):
                raise StorageError(
                    f"experiment {experiment.id} was resumed by another process meanwhile; look at it again"
                )
            row = experiment_row(running, tags)
            connection.execute(update(EXPERIMENTS).where(EXPERIMENTS.c.id == experiment.id).values(row))
            _describe(connection, running, tags)

    def save_block(self, experiment_id: str, block: BlockRecord) -> None:
        """Store a block of a started experiment, whole or not at all; it is safe on disk when this returns."""
        with writing(self._engine) as connection:
            _require_experiment(connection, experiment_id)
            name = f"block {block.number} of experiment {experiment_id!r}"
            _insert(connection, BLOCKS, [block_row(experiment_id, block)], name)

    def finish_experiment(self, experiment: ExperimentResult) -> None:
        """Store the whole answer of a started experiment, with the status that it ended with; its tags stay."""
        with writing(self._engine) as connection:
            tags = _require_experiment(connection, experiment.id)
            row = experiment_row(experiment, tags)
            connection.execute(update(EXPERIMENTS).where(EXPERIMENTS.c.id == experiment.id).values(row))
            _describe(connection, experiment, tags)

    def get_experiment(self, prefix: str) -> ExperimentResult | None:
        """The experiment with this id or unique beginning of an id, or None.

        Raises:
            StorageError: Several ids begin so; or it is damaged, or of another version of this program.
        """
        with reading(self._engine) as connection:
            experiment_id = _experiment_id(connection, prefix)
            query = select(DOCUMENTS).where(DOCUMENTS.c.experiment_id == experiment_id)
            row = connection.execute(query).mappings().first()
        return experiment_of(row) if row else None

    def get_blocks(self, experiment_id: str) -> list[BlockRecord]:
        """All stored blocks of an experiment by number, exactly as saved; times of day in UTC.

        Raises:
            StorageError: One is damaged, or of another version of this program.
        """
        query = select(BLOCKS).where(BLOCKS.c.experiment_id == experiment_id).order_by(BLOCKS.c.block)
        with reading(self._engine) as connection:
            rows = connection.execute(query).mappings().all()
        return [block_of(row) for row in rows]

    def list_experiments(
        self, limit: int | None = None, offset: int = 0, *, filters: Filters = ALL
    ) -> list[ExperimentSummary]:
        """Experiments in short, the last one started first.

        Args:
            limit: At most so many; None for all.
            offset: Leave out so many at the start.
            filters: Leave out all others.
        """
        with reading(self._engine) as connection:
            return page(connection, filters, limit=limit, offset=offset)

    def tag_experiment(
        self, prefix: str, *, add: Sequence[str] = (), remove: Sequence[str] = ()
    ) -> tuple[str, ...] | None:
        """Give tags to an experiment and take others away; the tags that it has then, or None if there is none such.

        Raises:
            StorageError: Several ids begin so.
        """
        with writing(self._engine) as connection:
            experiment_id = _experiment_id(connection, prefix)
            if experiment_id is None:
                return None
            before = _require_experiment(connection, experiment_id)
            tags = [tag for tag in dict.fromkeys([*before, *add]) if tag not in remove]
            connection.execute(update(EXPERIMENTS).where(EXPERIMENTS.c.id == experiment_id).values(tags=tags))
            _retag(connection, experiment_id, tags)
        return tuple(tags)

    def prune(self, rule: Retention, *, dry_run: bool = True, now: datetime | None = None) -> list[ExperimentSummary]:
        """Delete the experiments that a rule lets go, all or none, and say which they were, the newest first.

        Args:
            rule: Which may go; one that has a tag never does, nor one that may still run.
            dry_run: Delete nothing.
            now: What their age is counted to.
        """
        now = now or datetime.now(UTC)
        if dry_run:
            with reading(self._engine) as connection:
                return summaries(connection, doomed(connection, rule, now))
        with writing(self._engine) as connection:
            ids = locked_doomed(connection, rule, now)
            gone = summaries(connection, ids)
            remove(connection, ids)
        compact(self._engine)
        return gone

    def add_experiments(
        self, experiments: Sequence[StoredExperiment], on_conflict: OnConflict = "refuse"
    ) -> ImportReport:
        """Take in experiments from elsewhere, all of them or none; what is there already stays.

        Raises:
            StorageError: Other experiments have their IDs, and that was to be refused.
        """
        with writing(self._engine) as connection:
            return take_in_experiments(connection, experiments, on_conflict)

    def get_tags(self, experiment_id: str) -> tuple[str, ...]:
        """The tags of an experiment as they are now; empty where there is none."""
        query = select(EXPERIMENTS.c.tags).where(EXPERIMENTS.c.id == experiment_id)
        with reading(self._engine) as connection:
            return tuple(connection.execute(query).scalar() or ())

    def delete_experiment(self, prefix: str) -> bool:
        """Delete an experiment with all its blocks; says whether there was one.

        Raises:
            StorageError: Several ids begin so.
        """
        with writing(self._engine) as connection:
            experiment_id = _experiment_id(connection, prefix)
            return connection.execute(delete(EXPERIMENTS).where(EXPERIMENTS.c.id == experiment_id)).rowcount > 0


def upgrade(url: str | Path) -> None:
    """Bring a database to the newest schema, or make it; all migrations happen, or none.

    Raises:
        StorageError: The database cannot be used.
        DatabaseVersionError: It is newer than this program.
    """
    _migrate(url, revisions.upgrade)


def downgrade(url: str | Path, revision: str) -> None:
    """Bring a database back to an earlier revision, for an earlier program; likewise whole or not at all.

    What that revision has no place for is deleted.

    Raises:
        StorageError: The database cannot be used, or holds what cannot be brought back.
        DatabaseVersionError: It is newer than this program, or there is no such earlier revision.
    """
    _migrate(url, lambda connection: revisions.downgrade(connection, revision))


def _migrate(url: str | Path, change: Callable[[Connection], None]) -> None:
    engine = open_engine(database_url(url))
    try:
        with migrating(engine) as connection:
            revisions.refuse_unknown(revisions.current(connection), label(engine.url))
            change(connection)
        compact(engine)
    finally:
        engine.dispose()


def check(url: str | Path, *, thorough: bool = False, repair: bool = False) -> list[Finding]:
    """Look for damage, and for what does not fit together.

    Args:
        url: Of a database at the newest revision; it may be damaged.
        thorough: Look at SQLite's indexes, too.
        repair: Make anew what follows from whole documents; it is among the findings all the same.

    Raises:
        StorageError: The database cannot be used.
        DatabaseVersionError: It is older or newer than this program.
    """
    engine = open_engine(database_url(url))
    try:
        return [*_checked(engine, thorough=thorough, repair=repair)]
    finally:
        engine.dispose()


def _checked(engine: Engine, *, thorough: bool, repair: bool) -> Iterator[Finding]:
    _require_head(engine)
    found: list[Finding] = []
    try:
        with reading(engine) as connection:
            for finding in findings(connection, thorough=thorough):
                found.append(finding)
                yield finding
    except StorageError as error:  # so damaged that the look itself fails
        yield Finding(code="file", where="database", message=str(error))
    if repair:
        for finding in found:
            if finding.repairable:
                with writing(engine) as connection:
                    _make_anew(connection, finding.where)


def _make_anew(connection: Connection, experiment_id: str) -> None:
    """Write all that follows from an experiment's document."""
    tags = _require_experiment(connection, experiment_id)
    row = connection.execute(select(DOCUMENTS).where(DOCUMENTS.c.experiment_id == experiment_id)).mappings().one()
    experiment = experiment_of(row)
    values = experiment_row(experiment, tags)
    connection.execute(update(EXPERIMENTS).where(EXPERIMENTS.c.id == experiment_id).values(values))
    _describe(connection, experiment, tags)


def require_existing(url: str | Path) -> None:
    """Refuse a SQLite file that does not exist, which opening would make.

    Raises:
        StorageError: There is no such file.
    """
    file = file_of(database_url(url))
    if file and not file.exists():
        raise StorageError(
            f"there is no database {str(file)!r}; name another with --database, or run a benchmark first"
        )


def advice(url: str | Path) -> str:
    """What to do about a database's revision, in words."""
    revision, head = current(url)
    if revision == head:
        return "up to date"
    if not revisions.is_known(revision):
        return f"upgrade the program: {revisions.PROGRAM_UPGRADE}"
    return f"upgrade with: http-benchmark db upgrade --database {label(database_url(url))}"


def current(url: str | Path) -> tuple[str | None, str]:
    """The revision that a database is at, None where it has no tables of ours, and the newest one."""
    parsed = database_url(url)
    file = file_of(parsed)
    if file and not file.exists():
        return None, revisions.head()  # opening it would make an empty file
    engine = open_engine(parsed)
    try:
        with reading(engine) as connection:
            return revisions.current(connection), revisions.head()
    finally:
        engine.dispose()


def _require_head(engine: Engine) -> None:
    with reading(engine) as connection:
        revision = revisions.current(connection)
    if revision is None:
        with migrating(engine) as connection:  # of several processes the first makes the tables
            revision = revisions.current(connection)
            if revision is None:
                revisions.upgrade(connection)
                return
    name = label(engine.url)
    revisions.refuse_unknown(revision, name)
    if revision != revisions.head():
        raise DatabaseVersionError(
            f"database {name} is at revision {revision}, older than this program's {revisions.head()}; "
            f"run: http-benchmark db upgrade --database {name}"
        )


def _insert(connection: Connection, table: Table, rows: list[dict[str, Any]], what: str) -> None:
    try:
        connection.execute(insert(table), rows)
    except IntegrityError:
        raise StorageError(f"{what} is stored already; an id can be stored once") from None


def _require_experiment(connection: Connection, experiment_id: str) -> list[str]:
    """The tags of an experiment that has to be there; nobody changes or deletes it until the transaction ends."""
    query = select(EXPERIMENTS.c.tags).where(EXPERIMENTS.c.id == experiment_id).with_for_update()
    tags: list[str] | None = connection.execute(query).scalar()
    if tags is None:
        raise StorageError(f"there is no experiment {experiment_id!r} in the database; start it first")
    return tags


def _sessions(experiment: ExperimentResult) -> int:
    return len(experiment.provenance.sessions) if experiment.provenance else 0


def _describe(connection: Connection, experiment: ExperimentResult, tags: Sequence[str]) -> None:
    """Write anew what stands beside the row of an experiment: its document, its contenders, its facets."""
    for table, rows in (
        (DOCUMENTS, [document_row(experiment)]),
        (CLIENTS, client_rows(experiment)),
        (FACETS, facet_rows(experiment, tags)),
    ):
        connection.execute(delete(table).where(table.c.experiment_id == experiment.id))
        if rows:
            connection.execute(insert(table), rows)


def _retag(connection: Connection, experiment_id: str, tags: Sequence[str]) -> None:
    """Write the tags of an experiment anew, where lists look for them."""
    query = select(EXPERIMENTS.c.started_at).where(EXPERIMENTS.c.id == experiment_id)
    started_at = connection.execute(query).scalar_one()
    connection.execute(delete(FACETS).where(FACETS.c.experiment_id == experiment_id, FACETS.c.kind == "tag"))
    key = {"kind": "tag", "experiment_id": experiment_id, "started_us": microseconds(started_at)}
    if tags:
        connection.execute(insert(FACETS), [key | {"value": tag} for tag in tags])


def _experiment_id(connection: Connection, prefix: str) -> str | None:
    """The whole id behind an id or a beginning of one; None if there is none."""
    ids = EXPERIMENTS.c.id
    query = select(ids).where(ids >= prefix, ids < f"{prefix}{_LAST_CHARACTER}").order_by(ids)
    candidates = list(connection.execute(query.limit(_NAMED_CANDIDATES + 1)).scalars()) if prefix else []
    if prefix in candidates:
        return prefix
    if len(candidates) > 1:
        named = ", ".join(candidates[:_NAMED_CANDIDATES]) + (", …" if len(candidates) > _NAMED_CANDIDATES else "")
        raise StorageError(f"{prefix!r} fits several experiments: {named}; give more of the id")
    return candidates[0] if candidates else None
