"""Charts of races, as SVG text to be put into a page.

Drawn by matplotlib without any display. Text stays text, so a page can be searched and read aloud.
Not here: the page around them (``page``), the tables (``report``).
"""

from __future__ import annotations

import io
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle
from typing import Any, NamedTuple

import matplotlib

matplotlib.use("svg")
from harness import Line, summarise
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator
from report import count, duration, number
from results import tracks_of

OURS = "dimp_fast"

INK, RULE = "#1f2933", "#d9dee4"
OWN = ("#0b6e4f", "#3fa34d", "#8cc084", "#c3dfb8", "#17807e")
PEERS = ("#c8553d", "#3d6fb4", "#b07d12", "#7a4fa3", "#5c6b7a", "#1597a5")

matplotlib.rcParams.update(
    {
        "svg.fonttype": "none",
        "font.family": "sans-serif",
        "font.sans-serif": ["system-ui", "Segoe UI", "Helvetica", "Arial", "DejaVu Sans"],
        "font.size": 10,
        "text.color": INK,
        "axes.edgecolor": RULE,
        "axes.labelcolor": INK,
        "axes.titlesize": 11,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "grid.color": RULE,
        "xtick.color": INK,
        "ytick.color": INK,
        "legend.frameon": False,
        "legend.fontsize": 8.5,
    }
)


class Measured(NamedTuple):
    """A race, summarised."""

    label: str
    items: int
    unit: str
    lines: list[Line]


def by_subject(records: Iterable[Mapping[str, Any]]) -> dict[str, list[Measured]]:
    """The races of each subject, smallest batch first."""
    found: dict[str, list[Measured]] = defaultdict(list)
    for record in records:
        if subject := record.get("subject"):
            found[subject].append(_measured(record))
    return {subject: sorted(races, key=lambda race: race.items) for subject, races in found.items()}


def _measured(record: Mapping[str, Any]) -> Measured:
    lines, _ = summarise(tracks_of(record))
    return Measured(record["workload"], record["items"], record["unit"], lines)


def throughput(records: Sequence[Mapping[str, Any]]) -> str | None:
    """Rate against batch size, a panel a subject; None without subjects of several batches."""
    panels = {
        subject: races
        for subject, races in by_subject(records).items()
        if len({race.items for race in races}) > 1
    }
    if not panels:
        return None
    figure, axes = _panels(len(panels))
    for axis, (subject, races) in zip(axes, panels.items(), strict=False):
        series: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for race in races:
            for line in race.lines:
                series[line.name].append((race.items, 1e9 / line.wall.time))
        colours = _colours(series)
        for name, points in series.items():
            ours = name.startswith(OURS)
            axis.plot(
                *zip(*sorted(points), strict=True),
                color=colours[name],
                marker="o",
                markersize=3.5,
                linewidth=2.2 if ours else 1.3,
                linestyle="-" if ours else "--",
                label=name,
            )
        axis.set(yscale="log", title=subject)
        axis.set_xscale("log", base=2)
        axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}"))
        axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.yaxis.set_minor_locator(NullLocator())
        axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: count(value)))
        axis.set_xlabel("batch")
        axis.set_ylabel(f"{races[0].unit}s a second")
        axis.legend(loc="best")
    return _svg(figure, "throughput")


def ratios(records: Sequence[Mapping[str, Any]]) -> str | None:
    """How many times as long as we do each peer takes, at the largest batch of each subject."""
    bars: list[tuple[str, float]] = []
    for subject, races in by_subject(records).items():
        bars += [
            (f"{subject}: {line.name}", line.wall.ratio)
            for line in races[-1].lines[1:]
            if not line.name.startswith(OURS)
        ]
    if not bars:
        return None
    figure, axis = _bars(len(bars))
    labels, values = zip(*bars, strict=True)
    places = range(len(bars))
    colours = [OWN[0] if value >= 1 else PEERS[0] for value in values]
    axis.barh(places, [value - 1 for value in values], left=1, color=colours, height=0.7)
    axis.set_xscale("log")
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}x"))
    axis.set_yticks(places, labels)
    axis.axvline(1, color=INK, linewidth=1)
    for place, value in zip(places, values, strict=True):
        axis.annotate(
            f"{number(value)}x",
            (value, place),
            xytext=(4 if value >= 1 else -4, 0),
            textcoords="offset points",
            va="center",
            ha="left" if value >= 1 else "right",
            fontsize=8.5,
        )
    axis.set_xlim(min(0.5, min(values) / 1.5), max(values) * 2)
    axis.set_xlabel("its time divided by ours (logarithmic)")
    return _svg(figure, "ratios")


def latency(records: Sequence[Mapping[str, Any]]) -> str | None:
    """What a single call takes."""
    bars: list[tuple[str, float, str]] = []
    for subject, races in by_subject(records).items():
        if races[0].items == 1:
            colours = _colours(line.name for line in races[0].lines)
            bars += [
                (f"{subject}: {line.name}", line.wall.time, colours[line.name])
                for line in races[0].lines
            ]
    if not bars:
        return None
    figure, axis = _bars(len(bars))
    labels, values, colours_of = zip(*bars, strict=True)
    places = range(len(bars))
    axis.barh(places, values, color=colours_of, height=0.7)
    axis.set_xscale("log")
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: duration(value)))
    axis.set_yticks(places, labels)
    for place, value in zip(places, values, strict=True):
        axis.annotate(
            duration(value),
            (value, place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8.5,
        )
    axis.set_xlim(min(values) / 2, max(values) * 3)
    axis.set_xlabel("one call with one item (logarithmic)")
    return _svg(figure, "latency")


def scaling(records: Sequence[Mapping[str, Any]]) -> str | None:
    """The rate on several threads, in multiples of that on one."""
    races = [_measured(record) for record in records if record["group"] == "Threads"]
    bars = [
        (f"{race.label}: {line.name}", race.lines[-1].wall.time / line.wall.time)
        for race in races
        for line in race.lines[:-1]
    ]
    if not bars:
        return None
    figure, axis = _bars(len(bars))
    labels, values = zip(*bars, strict=True)
    axis.barh(range(len(bars)), values, color=OWN[0], height=0.7)
    axis.set_yticks(range(len(bars)), labels)
    for place, value in enumerate(values):
        axis.annotate(
            f"{number(value)}x",
            (value, place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8.5,
        )
    axis.set_xlim(0, max(values) * 1.15)
    axis.axvline(1, color=INK, linewidth=1)
    axis.set_xlabel("rate in multiples of one thread")
    return _svg(figure, "scaling")


def _colours(names: Iterable[str]) -> dict[str, str]:
    """What is ours is green; the others take turns."""
    own, peers = cycle(OWN), cycle(PEERS)
    return {name: next(own if name.startswith(OURS) else peers) for name in dict.fromkeys(names)}


def _panels(wanted: int) -> tuple[Figure, list[Axes]]:
    columns = min(2, wanted)
    rows = math.ceil(wanted / columns)
    figure, grid = pyplot.subplots(rows, columns, figsize=(5.2 * columns, 3.6 * rows))
    axes = list(grid.flat) if wanted > 1 else [grid]
    for spare in axes[wanted:]:
        spare.set_visible(False)
    return figure, axes


def _bars(wanted: int) -> tuple[Figure, Axes]:
    figure, axis = pyplot.subplots(figsize=(10.4, 0.26 * wanted + 0.9))
    axis.invert_yaxis()
    axis.grid(axis="y", visible=False)
    axis.tick_params(axis="y", length=0, labelsize=8.5)
    axis.margins(y=0.01)
    return figure, axis


def _svg(figure: Figure, name: str) -> str:
    """The SVG element alone, the same bytes for the same data."""
    text = io.StringIO()
    figure.tight_layout()
    with matplotlib.rc_context({"svg.hashsalt": name}):
        figure.savefig(text, format="svg", metadata={"Date": None})
    pyplot.close(figure)
    return text.getvalue().partition("<svg")[1] + text.getvalue().partition("<svg")[2]
