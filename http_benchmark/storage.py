"""Results in a database: saved, found, compared, deleted.

What is in the rows stands in `database`, with what is done to a database as a whole (`database.upkeep`); how databases
are opened and migrated, in `migrations`. Each method is one transaction. Several processes and threads may use one
database at the same time.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import batched
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Table, delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from http_benchmark.archive import StoredExperiment
from http_benchmark.database import experiments
from http_benchmark.database.importing import take_in_experiments, take_in_results
from http_benchmark.database.listing import count, cursor_behind, cursor_of, page, summaries
from http_benchmark.database.pruning import doomed, locked_doomed, remove
from http_benchmark.database.rows import block_row, experiment_row, result_of, result_row, result_rows
from http_benchmark.database.upkeep import require_head
from http_benchmark.errors import ConfigurationError, StorageError, UnreadableError
from http_benchmark.migrations.engine import compact, database_url, open_engine, reading, writing
from http_benchmark.migrations.schema import BLOCKS, EXPERIMENTS, RESULTS
from http_benchmark.models.benchmark_result import BenchmarkResult
from http_benchmark.models.experiment import ExperimentResult
from http_benchmark.models.experiment_summary import ExperimentSummary
from http_benchmark.models.filters import ALL, Filters
from http_benchmark.models.import_report import ImportReport, OnConflict
from http_benchmark.models.measurement import BlockRecord
from http_benchmark.models.paging import Count, Cursor, Page
from http_benchmark.models.retention import Retention
from http_benchmark.models.tags import checked_tags, given_tags

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

_READ_AT_ONCE = 20  # experiments, some megabytes with their blocks


class ResultStorage:
    """A database of results, made and brought to the newest schema where there is none.

    Args:
        db_path: A path of a SQLite file, or a database URL.
        pooled: Keep connections open from one call to the next, for a program that lives long and has several threads;
            it has to call `close`, and no child that it forks may use this object.

    Attributes:
        db_path: As given.

    Raises:
        StorageError: The database cannot be opened.
        DatabaseVersionError: It is older than this program, and `upgrade` must be asked for; or it is newer.
    """

    def __init__(self, db_path: str | Path = "benchmark_results.db", *, pooled: bool = False) -> None:
        self.db_path = db_path
        self._engine = open_engine(database_url(db_path), pooled=pooled)
        require_head(self._engine)

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
        """The result with this id, or None.

        Raises:
            UnreadableError: It is damaged.
        """
        return next(iter(self._results(RESULTS.c.id == result_id)), None)

    def get_result(self, prefix: str) -> BenchmarkResult | None:
        """The result with this id or unique beginning of an id, or None.

        Raises:
            StorageError: Several ids begin so.
            UnreadableError: It is damaged.
        """
        found = self.find_result(prefix)
        return self.get_result_by_id(found[0]) if found else None

    def find_result(self, prefix: str) -> tuple[str, str] | None:
        """The id and the name of the result with this id or unique beginning of an id, though it be damaged; or None.

        Raises:
            StorageError: Several ids begin so.
        """
        query = select(RESULTS.c.id, RESULTS.c.name).where(func.substr(RESULTS.c.id, 1, len(prefix)) == prefix)
        with reading(self._engine) as connection:
            found = [(row.id, row.name) for row in connection.execute(query)] if prefix else []
        exact = [(identifier, name) for identifier, name in found if identifier == prefix]
        if len(found) > 1 and not exact:
            raise StorageError(f"{prefix!r} fits {len(found)} results; give more of the id")
        return next(iter(exact or found), None)

    def list_results(self, limit: int, offset: int = 0) -> list[str]:
        """The ids of results, newest first, of damaged ones, too."""
        query = select(RESULTS.c.id).order_by(RESULTS.c.number.desc()).limit(limit).offset(offset)
        with reading(self._engine) as connection:
            return [*connection.execute(query).scalars()]

    def get_results_by_name(self, name: str) -> list[BenchmarkResult]:
        """All results of that name, newest first.

        Raises:
            UnreadableError: One is damaged.
        """
        return self._results(RESULTS.c.name == name)

    def get_all_results(self) -> list[BenchmarkResult]:
        """All results, newest first.

        Raises:
            UnreadableError: One is damaged.
        """
        return self._results()

    def page_of_results(
        self, limit: int = 20, *, before: str | None = None, name: str | None = None
    ) -> Page[BenchmarkResult]:
        """Some results, newest first.

        Args:
            limit: At most so many.
            before: The `next` of the page before; None for the first page.
            name: Only those of this name.

        Raises:
            ConfigurationError: `before` is no end of a page, or `limit` is below 1.
            UnreadableError: One is damaged.
        """
        _require_some(limit)
        number = RESULTS.c.number
        query = result_rows().order_by(number.desc()).limit(limit + 1)
        if before is not None:
            query = query.where(number < Cursor.read(before).place)
        if name is not None:
            query = query.where(RESULTS.c.name == name)
        with reading(self._engine) as connection:
            rows = connection.execute(query).mappings().all()
        some = rows[:limit]
        following = str(Cursor(some[-1]["number"], "")) if len(rows) > limit else None
        return Page(tuple(map(result_of, some)), following)

    def compare_results(self, result_ids: Sequence[str]) -> list[dict[str, Any]]:
        """The main figures of some results, in the order asked; an unknown id is left out.

        Raises:
            UnreadableError: One is damaged.
        """
        found = {result.id: result for result in self._results(RESULTS.c.id.in_(result_ids))}
        known = [found[result_id] for result_id in result_ids if result_id in found]
        return [{name: getattr(result, name) for name in _COMPARED} for result in known]

    def delete_result(self, result_id: str) -> bool:
        """Delete a result; says whether there was one."""
        with writing(self._engine) as connection:
            return connection.execute(delete(RESULTS).where(RESULTS.c.id == result_id)).rowcount > 0

    def _results(self, *conditions: Any) -> list[BenchmarkResult]:
        query = result_rows().where(*conditions).order_by(RESULTS.c.number.desc())
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
            experiments.describe(connection, running, tags)

    def resume_experiment(self, experiment: ExperimentResult) -> None:
        """Store that an experiment goes on, in one more session than is stored.

        Raises:
            StorageError: Somebody else resumed it meanwhile, or it is gone.
        """
        running = experiment.model_copy(update={"status": "running"})
        with writing(self._engine) as connection:
            experiments.locked_tags(connection, experiment.id)
            stored = experiments.document(connection, experiment.id)
            if _sessions(stored) + 1 != _sessions(running):
                raise StorageError(
                    f"experiment {experiment.id} was resumed by another process meanwhile; look at it again"
                )
            experiments.rewrite(connection, running)

    def save_block(self, experiment_id: str, block: BlockRecord) -> None:
        """Store a block of a started experiment, whole or not at all; it is safe on disk when this returns."""
        with writing(self._engine) as connection:
            experiments.locked_tags(connection, experiment_id)
            name = f"block {block.number} of experiment {experiment_id!r}"
            _insert(connection, BLOCKS, [block_row(experiment_id, block)], name)

    def finish_experiment(self, experiment: ExperimentResult) -> None:
        """Store the whole answer of a started experiment, with the status that it ended with; its tags stay."""
        with writing(self._engine) as connection:
            experiments.rewrite(connection, experiment)

    def get_experiment(self, prefix: str) -> ExperimentResult | None:
        """The experiment with this id or unique beginning of an id, or None.

        Raises:
            StorageError: Several ids begin so.
            UnreadableError: It is damaged, or of another version of this program.
        """
        with reading(self._engine) as connection:
            experiment_id = experiments.whole_id(connection, prefix)
            found = experiments.document(connection, experiment_id)
        return _with_document(experiment_id, found)

    def find_experiment(self, prefix: str) -> ExperimentSummary | None:
        """The experiment with this id or unique beginning of an id in short, though it be damaged; or None.

        Raises:
            StorageError: Several ids begin so.
        """
        with reading(self._engine) as connection:
            experiment_id = experiments.whole_id(connection, prefix)
            return summaries(connection, [experiment_id])[0] if experiment_id is not None else None

    def get_stored(self, prefix: str) -> StoredExperiment | None:
        """All that is stored of the experiment with this id or unique beginning of an id, or None.

        Raises:
            StorageError: Several ids begin so, or it is damaged, or of another version of this program.
        """
        with reading(self._engine) as connection:
            experiment_id = experiments.whole_id(connection, prefix)
            found = None if experiment_id is None else experiments.stored(connection, experiment_id)
        return _with_document(experiment_id, found)

    def has_experiment(self, experiment_id: str) -> bool:
        """Whether there is an experiment with this whole id."""
        with reading(self._engine) as connection:
            return experiments.tags(connection, experiment_id) is not None

    def count_blocks(self, experiment_id: str) -> int:
        """How many blocks of an experiment are stored."""
        query = select(func.count()).select_from(BLOCKS).where(BLOCKS.c.experiment_id == experiment_id)
        with reading(self._engine) as connection:
            return connection.execute(query).scalar_one()

    def get_blocks(self, experiment_id: str) -> list[BlockRecord]:
        """All stored blocks of an experiment by number, exactly as saved; times of day in UTC.

        Raises:
            StorageError: One is damaged, or of another version of this program.
        """
        with reading(self._engine) as connection:
            return experiments.blocks(connection, experiment_id)

    def list_experiments(
        self, limit: int | None = None, offset: int = 0, *, before: str | None = None, filters: Filters = ALL
    ) -> list[ExperimentSummary]:
        """Experiments in short, the last one started first.

        Args:
            limit: At most so many; None for all.
            offset: Leave out so many at the start.
            before: Begin behind the experiment with this whole id; None for the start.
            filters: Leave out all others.

        Raises:
            StorageError: There is no such experiment to begin behind.
        """
        with reading(self._engine) as connection:
            behind = None if before is None else cursor_of(connection, before)
            return page(connection, filters, limit=limit, offset=offset, before=behind)

    def page_of_experiments(
        self, limit: int = 20, *, before: str | None = None, filters: Filters = ALL
    ) -> Page[ExperimentSummary]:
        """Experiments in short, the last one started first; any page takes as long as the first.

        Args:
            limit: At most so many.
            before: The `next` of the page before; None for the first page.
            filters: Leave out all others.

        Raises:
            ConfigurationError: `before` is no end of a page, or `limit` is below 1.
        """
        _require_some(limit)
        cursor = None if before is None else Cursor.read(before)
        with reading(self._engine) as connection:
            found = page(connection, filters, limit=limit + 1, before=cursor)
        some = found[:limit]
        return Page(tuple(some), str(cursor_behind(some[-1])) if len(found) > limit else None)

    def count_experiments(self, filters: Filters = ALL, *, most: int = 10_000) -> Count:
        """How many experiments fit, exact up to `most`."""
        with reading(self._engine) as connection:
            return count(connection, filters, most)

    def whole_id(self, prefix: str) -> str | None:
        """The id of the experiment with this id or unique beginning of an id, or None.

        Raises:
            StorageError: Several ids begin so.
        """
        with reading(self._engine) as connection:
            return experiments.whole_id(connection, prefix)

    def read_experiments(self, ids: Iterable[str], *, with_blocks: bool = True) -> Iterator[StoredExperiment]:
        """Experiments with all that is stored of them, in the order of their whole ids.

        Some are read at a time, each time in one transaction, so that any number of them takes the memory of a few. One
        that is gone is left out.

        Args:
            ids: Of whom.
            with_blocks: Without them it is quicker.

        Raises:
            StorageError: One is damaged, or of another version of this program.
        """
        for some in batched(ids, _READ_AT_ONCE):
            with reading(self._engine) as connection:
                found = experiments.several(connection, some, with_blocks=with_blocks)
            yield from found

    def tag_experiment(
        self, prefix: str, *, add: Sequence[str] = (), remove: Sequence[str] = ()
    ) -> tuple[str, ...] | None:
        """Give tags to an experiment and take others away; the tags that it has then, or None if there is none such.

        Raises:
            ConfigurationError: What is to be added is no tag, or of a form that only the program gives.
            StorageError: Several ids begin so.
        """
        with writing(self._engine) as connection:
            experiment_id = experiments.whole_id(connection, prefix)
            if experiment_id is None:
                return None
            before = experiments.locked_tags(connection, experiment_id)
            given_tags(tag for tag in add if tag not in before)
            tags = [tag for tag in dict.fromkeys([*before, *add]) if tag not in remove]
            experiments.retag(connection, experiment_id, tags)
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

    def add_experiments(self, wholes: Sequence[StoredExperiment], on_conflict: OnConflict = "refuse") -> ImportReport:
        """Take in experiments from elsewhere, all of them or none; what is there already stays.

        They are marked as imported: what they ask of this machine is not to be trusted.

        Raises:
            ConfigurationError: They have tags that are none.
            StorageError: Other experiments have their IDs, and that was to be refused.
        """
        checked_tags(tag for stored in wholes for tag in stored.tags)
        with writing(self._engine) as connection:
            return take_in_experiments(connection, wholes, on_conflict)

    def get_tags(self, experiment_id: str) -> tuple[str, ...]:
        """The tags of an experiment as they are now; empty where there is none."""
        with reading(self._engine) as connection:
            return tuple(experiments.tags(connection, experiment_id) or ())

    def delete_experiment(self, prefix: str) -> bool:
        """Delete an experiment with all its blocks; says whether there was one.

        Raises:
            StorageError: Several ids begin so.
        """
        with writing(self._engine) as connection:
            experiment_id = experiments.whole_id(connection, prefix)
            return connection.execute(delete(EXPERIMENTS).where(EXPERIMENTS.c.id == experiment_id)).rowcount > 0


def _insert(connection: Connection, table: Table, rows: list[dict[str, Any]], what: str) -> None:
    try:
        connection.execute(insert(table), rows)
    except IntegrityError:
        raise StorageError(f"{what} is stored already; an id can be stored once") from None


def _with_document[Kind](experiment_id: str | None, found: Kind | None) -> Kind | None:
    """What was found of an experiment, which has a document if there is one with this id.

    Raises:
        UnreadableError: It has none.
    """
    if experiment_id is not None and found is None:
        raise UnreadableError(f"experiment {experiment_id} has no document; restore the database from a copy")
    return found


def _require_some(limit: int) -> None:
    if limit < 1:
        raise ConfigurationError(f"limit of a page must be at least 1, got {limit}; take for example 20")


def _sessions(experiment: ExperimentResult | None) -> int:
    return len(experiment.provenance.sessions) if experiment and experiment.provenance else 0
