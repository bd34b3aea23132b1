"""What the slices of one trial come to together."""

from collections.abc import Iterable, Sequence

from http_benchmark.models.measurement import EventRecord, GcRecord, RequestRecord
from http_benchmark.stats.event_figures import EventFigures
from http_benchmark.stats.histogram import Times
from http_benchmark.stats.quantiles import distribution
from http_benchmark.stats.samples import SliceFigures
from http_benchmark.stats.tag_figures import TagFigures


class TrialSums:
    """Grows slice by slice.

    Attributes:
        response, service, lag: As those of `SliceFigures`, of all slices.
        gc: Garbage collections by generation.
    """

    def __init__(self) -> None:
        self.response, self.service, self.lag = Times(), Times(), Times()
        self.gc: tuple[GcRecord, ...] = ()
        self._by_tag: dict[int, TagFigures] = {}
        self._events = EventFigures()
        self._measured_s = 0.0

    def add(self, figures: SliceFigures, gc: Sequence[tuple[int, int, int]]) -> None:
        """Add a slice.

        Args:
            figures: What its samples say.
            gc: For each generation how many garbage collections, their time and the longest of them, in ns.
        """
        self.response.merge(figures.response)
        self.service.merge(figures.service)
        self.lag.merge(figures.lag)
        for tag, of_tag in figures.by_tag.items():
            self._by_tag.setdefault(tag, TagFigures()).merge(of_tag)
        if figures.events:
            self._events.merge(figures.events)
        self._measured_s += figures.duration_s
        before = self.gc or (GcRecord(),) * len(gc)
        self.gc = tuple(
            GcRecord(
                collections=old.collections + collections,
                total_s=old.total_s + total_ns / 1e9,
                longest_s=max(old.longest_s, longest_ns / 1e9),
            )
            for old, (collections, total_ns, longest_ns) in zip(before, gc, strict=True)
        )

    def by_request(self, names: Iterable[str]) -> tuple[RequestRecord, ...]:
        """The requests of a workload by name, those that were sent.

        Args:
            names: In the order of their tags, from 1 on.
        """
        return tuple(
            RequestRecord(
                name=name,
                requests=figures.requests,
                errors=figures.errors,
                response_time_s=distribution(figures.response),
            )
            for tag, name in enumerate(names, 1)
            if (figures := self._by_tag.get(tag))
        )

    def events(self) -> EventRecord:
        """When the events of streams arrived."""
        first, gap = self._events.first, self._events.gap
        events = first.count + gap.count
        return EventRecord(
            events=events,
            events_per_s=events / self._measured_s if self._measured_s else None,
            first_event_s=distribution(first),
            gap_s=distribution(gap),
            jitter_s=self._events.jitter_s,
        )
