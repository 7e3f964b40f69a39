"""Charts of races, as SVG text to be put into a page.

Drawn by matplotlib without any display. Text stays text, so a page can be searched and read aloud.
Not here: the page around them (``page``), the tables (``report``).
"""

from __future__ import annotations

import io
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import cycle
from typing import Any, NamedTuple

import matplotlib

matplotlib.use("svg")
from harness import Line
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator
from report import LEVELS, OURS, REFERENCE, Measured, by_subject, count, duration, number

Records = Sequence[Mapping[str, Any]]
Points = dict[str, list[tuple[float, float]]]
"""Name of a contender -> where its line goes."""

INK, RULE, BAND = "#1f2933", "#d9dee4", "#f5f7f9"
OWN = ("#0b6e4f", "#3fa34d", "#8a9a1f", "#17807e", "#8cc084", "#4d5f2a")
PEERS = ("#c8553d", "#3d6fb4", "#b07d12", "#7a4fa3", "#5c6b7a", "#1597a5", "#a3365f")
MARKERS = "osD^vP"
WIDTH = 10.8

matplotlib.rcParams.update(
    {
        "svg.fonttype": "none",
        "font.family": "sans-serif",
        "font.sans-serif": ["DejaVu Sans", "Verdana", "system-ui"],  # widths as measured here
        "font.size": 9,
        "text.color": INK,
        "axes.edgecolor": RULE,
        "axes.labelcolor": INK,
        "axes.titlesize": 10.5,
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


# -- lines ---------------------------------------------------------------------------------------


def throughput(records: Records) -> str | None:
    """Rate against batch size, a panel a subject; None without subjects of several batches."""
    return _rates(records, "throughput", lambda subject: not subject.endswith(LEVELS))


def levels(records: Records) -> str | None:
    """The same for the SIMD levels."""
    return _rates(records, "levels", lambda subject: subject.endswith(LEVELS))


def _rates(records: Records, name: str, wanted: Callable[[str], bool]) -> str | None:
    panels: dict[str, tuple[str, Points]] = {}
    for subject, races in by_subject(records).items():
        if wanted(subject) and len({race.items for race in races}) > 1:
            points: Points = defaultdict(list)
            for race in races:
                for line in race.lines:
                    points[line.name].append((race.items, 1e9 / line.wall.time))
            panels[subject.removesuffix(LEVELS)] = f"{_plural(races[0].unit)} a second", points
    return _lines(panels, name, "batch", count)


def sizes(records: Records) -> str | None:
    """Time against the size of messages, a panel a series."""
    panels: dict[str, tuple[str, Points]] = {}
    for record in records:
        if series := record.get("series"):
            race, (title, size) = Measured.of(record), series
            _, points = panels.setdefault(title, (f"time a {race.unit}", defaultdict(list)))
            for line in race.lines:
                points[line.name].append((size, line.wall.time))
    panels = {
        title: panel
        for title, panel in panels.items()
        if max(len(line) for line in panel[1].values()) > 1
    }
    return _lines(panels, "sizes", "bytes", duration)


def _lines(
    panels: Mapping[str, tuple[str, Points]],
    name: str,
    across: str,
    label: Callable[[float], str],
) -> str | None:
    if not panels:
        return None
    columns = min(2, len(panels))
    rows = math.ceil(len(panels) / columns)
    figure, grid = pyplot.subplots(
        rows, columns, figsize=(WIDTH, 3.7 * rows), layout="constrained", squeeze=False
    )
    figure.get_layout_engine().set(h_pad=0.12, w_pad=0.12)
    colours = _colours(name for _, points in panels.values() for name in points)
    for axis, (title, (up, points)) in zip(grid.flat, panels.items(), strict=False):
        _panel(axis, points, colours)
        whole = across == "batch"
        axis.xaxis.set_major_formatter(FuncFormatter(_whole if whole else _bytes))
        axis.set(title=title, xlabel=across, ylabel=up)
        axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _tick(label(value))))
    for spare in list(grid.flat)[len(panels) :]:
        spare.set_visible(False)
    return _svg(figure, name)


def _panel(axis: Axes, points: Points, colours: Mapping[str, str]) -> None:
    """Lines on two logarithmic axes, with ticks where something was measured."""
    for (name, line), marker in zip(points.items(), cycle(MARKERS), strict=False):
        ours = name.startswith(OURS)
        axis.plot(
            *zip(*sorted(line), strict=True),
            color=colours[name],
            marker=marker,
            markersize=4,
            linewidth=2.2 if ours else 1.4,
            linestyle="-" if ours else "--",
            label=name,
        )
    axis.set(xscale="log", yscale="log")
    ticks: list[float] = []
    for place in sorted({x for line in points.values() for x, _ in line}):
        if not ticks or place >= 1.5 * ticks[-1]:  # nearer ones would be written over each other
            ticks.append(place)
    axis.xaxis.set_major_locator(FixedLocator(ticks))
    axis.xaxis.set_minor_locator(NullLocator())
    axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.yaxis.set_minor_locator(NullLocator())
    axis.legend(loc="upper left", bbox_to_anchor=(-0.02, -0.2), ncols=2, borderaxespad=0)


def _whole(value: float, _: int | None = None) -> str:
    return f"{value:.0f}"


def _bytes(value: float, _: int | None = None) -> str:
    """Thousands as KB."""
    return f"{value / 1024:.0f} KB" if value >= 1024 else f"{value:.0f} B"


def _tick(text: str) -> str:
    """`5M` for `5.00M`."""
    digits = text.rstrip(" unmskM")
    return (digits.rstrip("0").rstrip(".") if "." in digits else digits) + text[len(digits) :]


def _plural(unit: str) -> str:
    return f"{unit}{'es' if unit.endswith('s') else 's'}"


# -- bars ----------------------------------------------------------------------------------------


class Bar(NamedTuple):
    """One bar; those of a heading stand together."""

    heading: str
    label: str
    value: float
    text: str
    colour: str


def ratios(records: Records) -> str | None:
    """How many times as long as we do each peer takes, at the largest batch of each subject."""
    bars = [
        Bar(
            subject.removeprefix(REFERENCE),
            _marked(line),
            line.wall.ratio,
            f"{number(line.wall.ratio)}x",
            OWN[0] if line.wall.ratio >= 1 else PEERS[0],
        )
        for subject, races in by_subject(records).items()
        for line in races[-1].peers
    ]
    if not bars:
        return None
    figure, axis = _bars(bars, start=1)
    axis.set_xscale("log")
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}x"))
    values = [bar.value for bar in bars]
    axis.set_xlim(min(0.5, min(values) / 3), max(values) * 2.5)
    axis.axvline(1, color=INK, linewidth=1)
    axis.set_xlabel("its time divided by ours (logarithmic); * checks less than we do")
    return _svg(figure, "ratios")


def latency(records: Records) -> str | None:
    """What a single call takes."""
    subjects = {
        subject: races[0]
        for subject, races in by_subject(records).items()
        if races[0].items == 1 and not subject.endswith(LEVELS)
    }
    if not subjects:
        return None
    colours = _colours(line.name for race in subjects.values() for line in race.lines)
    bars = [
        Bar(subject, _marked(line), line.wall.time, duration(line.wall.time), colours[line.name])
        for subject, race in subjects.items()
        for line in race.lines
    ]
    figure, axis = _bars(bars)
    axis.set_xscale("log")
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _tick(duration(value))))
    values = [bar.value for bar in bars]
    axis.set_xlim(min(values) / 2, max(values) * 4)
    axis.set_xlabel("one call with one item (logarithmic); * checks less than we do")
    return _svg(figure, "latency")


def scaling(records: Records) -> str | None:
    """The rate on several threads, in multiples of that on one."""
    races = [Measured.of(record) for record in records if record["group"] == "Threads"]
    bars = []
    for race in races:
        *several, one = race.lines
        for line in several:
            value = one.wall.time / line.wall.time
            bars.append(Bar(race.label, line.name, value, f"{number(value)}x", OWN[0]))
    if not bars:
        return None
    figure, axis = _bars(bars)
    axis.set_xlim(0, max(1.0, *(bar.value for bar in bars)) * 1.2)
    axis.axvline(1, color=INK, linewidth=1)
    axis.set_xlabel("rate in multiples of that on one thread")
    return _svg(figure, "scaling")


def _marked(line: Line) -> str:
    return f"{line.name} *" if line.lacks else line.name


def _bars(bars: Sequence[Bar], start: float = 0) -> tuple[Figure, Axes]:
    """Bars from ``start`` on, their headings in a column of their own."""
    height = 0.25 * len(bars) + 0.8
    figure, axis = pyplot.subplots(figsize=(WIDTH, height))
    figure.subplots_adjust(left=0.47, right=0.99, top=1 - 0.15 / height, bottom=0.6 / height)
    places = range(len(bars))
    values = [bar.value for bar in bars]
    widths = [value - start for value in values]
    axis.barh(places, widths, left=start, color=[bar.colour for bar in bars], height=0.7)
    axis.set_yticks(places, [bar.label for bar in bars])
    axis.set_ylim(len(bars) - 0.4, -0.6)
    axis.grid(axis="y", visible=False)
    axis.tick_params(axis="y", length=0, labelsize=8.5)
    heading, shaded = None, False
    for place, bar in enumerate(bars):
        if bar.heading != heading:
            heading, shaded = bar.heading, not shaded
            axis.text(-0.885, place, heading, transform=axis.get_yaxis_transform(), va="center",
                      fontsize=8.5, fontweight="bold")  # fmt: skip
        if shaded:
            axis.axhspan(place - 0.5, place + 0.5, xmin=-0.9, color=BAND, clip_on=False, zorder=-1)
        grows = bar.value >= start
        axis.annotate(
            bar.text,
            (bar.value, place),
            xytext=(4 if grows else -4, 0),
            textcoords="offset points",
            va="center",
            ha="left" if grows else "right",
            fontsize=8.5,
        )
    return figure, axis


# -- all -----------------------------------------------------------------------------------------


def _colours(names: Iterable[str]) -> dict[str, str]:
    """What is ours is green; a peer has the same colour in a whole chart."""
    own, peers = cycle(OWN), cycle(PEERS)
    return {name: next(own if name.startswith(OURS) else peers) for name in dict.fromkeys(names)}


def _svg(figure: Figure, name: str) -> str:
    """The SVG element alone, the same bytes for the same data."""
    text = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": name}):
        figure.savefig(text, format="svg", metadata={"Date": None})
    pyplot.close(figure)
    return text.getvalue().partition("<svg")[1] + text.getvalue().partition("<svg")[2]
