"""What a hardened station counts, for Python and for Prometheus.

Numbers only go up. Not here: logs, and anything about single messages or people.
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["BATCH_SIZES", "Counters"]

BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
"""Upper ends of the classes in which the sizes of batches are counted."""


class Counters:
    """Safe to share between threads.

    =================== ===========================================================================
    ``passed``          messages that passed, by why: ``verified``, ``own_session``, ``vouched``
    ``refused``         messages that did not, by reason: names of codes, and those of the rules
    ``batches``         batches verified, by the class of their size
    ``seconds``         by stage: ``verify`` (in the verifier), ``wait`` (in its queue, a message),
                        ``process`` (in the station's pipeline, waiting included)
    ``events``          by name: ``connections``, ``received``, ``sent``, ``resent``, ``dropped``,
                        ``duplicates``, ``account_loads``, ``account_load_errors`` and the like
    =================== ===========================================================================
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._passed: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()
        self._batches: Counter[int] = Counter()
        self._messages_in_batches = 0
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._events: Counter[str] = Counter()

    def pass_(self, reason: str) -> None:
        with self._lock:
            self._passed[reason] += 1

    def refuse(self, reason: str) -> None:
        with self._lock:
            self._refused[reason] += 1

    def event(self, name: str, count: int = 1) -> None:
        with self._lock:
            self._events[name] += count

    def batch(self, size: int, seconds: float, waited: float) -> None:
        """A batch was verified; ``waited`` is what its messages waited, in sum."""
        place = next((end for end in BATCH_SIZES if size <= end), BATCH_SIZES[-1])
        with self._lock:
            self._batches[place] += 1
            self._messages_in_batches += size
            self._seconds["verify"] += seconds
            self._seconds["wait"] += waited

    def spend(self, stage: str, seconds: float) -> None:
        with self._lock:
            self._seconds[stage] += seconds

    def snapshot(self) -> dict[str, Any]:
        """All numbers as they are now, as plain data."""
        with self._lock:
            return {
                "passed": dict(self._passed),
                "refused": dict(self._refused),
                "batches": {
                    "sizes": {end: self._batches[end] for end in BATCH_SIZES if self._batches[end]},
                    "count": sum(self._batches.values()),
                    "messages": self._messages_in_batches,
                },
                "seconds": dict(self._seconds),
                "events": dict(self._events),
            }


class Collector:
    """The same for Prometheus, whose client must be installed. Register it with a registry::

    prometheus_client.REGISTRY.register(Collector(counters))
    """

    def __init__(self, counters: Counters) -> None:
        self._counters = counters

    def collect(self) -> Iterator[Any]:
        """Called by the registry; see ``prometheus_client.registry.Collector``."""
        from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily

        now = self._counters.snapshot()
        for name, label, help_text in (
            ("passed", "reason", "Messages that a rule let through"),
            ("refused", "reason", "Messages that a rule refused"),
            ("events", "event", "Other things that happened"),
            ("seconds", "stage", "Seconds spent in a stage"),
        ):
            family = CounterMetricFamily(f"dimp_fast_station_{name}", help_text, labels=[label])
            for value, number in now[name].items():
                family.add_metric([value], number)
            yield family
        yield HistogramMetricFamily(
            "dimp_fast_station_batch_size",
            "Messages in a batch of signatures",
            buckets=_cumulative(now["batches"]["sizes"]),
            sum_value=now["batches"]["messages"],
        )


def _cumulative(sizes: dict[int, int]) -> list[tuple[str, float]]:
    total, buckets = 0, []
    for end in BATCH_SIZES:
        total += sizes.get(end, 0)
        buckets.append((str(end), float(total)))
    return [*buckets, ("+Inf", float(total))]


def export(counters: Counters, port: int, host: str = "127.0.0.1") -> Callable[[], None]:
    """Serve the numbers to Prometheus over HTTP, from a thread of its own.

    Returns:
        What ends it.

    Raises:
        ImportError: ``prometheus_client`` is not installed.
        OSError: the port cannot be had.
    """
    from prometheus_client import CollectorRegistry, start_http_server

    registry = CollectorRegistry()
    registry.register(Collector(counters))
    server, thread = start_http_server(port, addr=host, registry=registry)

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return stop
