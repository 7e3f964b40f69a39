"""Results into the documentation: tables, capacity model, charts, and the few lines of the README.

    python benches/publish.py [benches/results/FILE.json]
    python benches/publish.py --check benches/results/FILE.json

Everything that the texts say between marks comes from that file, and from nowhere else; the table
of candidates is that of ``benches/results/candidates.json``. ``--check`` says what differs.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import capacity
import charts
import report
from page import CHARTS
from results import FOLDER, default_file, load

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PERFORMANCE = DOCS / "performance.md"
READMES = ROOT / "README.md", ROOT / "README.zh.md"
CANDIDATES = FOLDER / "candidates.json"
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"


def machine_line(content: Mapping[str, Any], file: Path) -> str:
    """Where the lines come from."""
    runs, blocks = list(content["machines"]), list(content["machines"].values())
    run, block = " to ".join(dict.fromkeys((runs[0], runs[-1]))), blocks[-1]
    revisions = ", ".join(dict.fromkeys(block["revision"] for block in blocks))
    return (
        f"{block['cpu']} (`{block['cpu_id']}`, SIMD {block['simd']}), {block['cores']} shared "
        f"cores, {block['python']}, run {run}, revision {revisions}, one thread, from Python; "
        f"`benches/results/{file.name}`."
    )


def candidates() -> str:
    """What was measured before libraries were chosen, as it was noted then."""
    head = ["operation", "candidate", "us", "speed, peer = 1", "choice"]
    table, before = [head], None
    for row in json.loads(CANDIDATES.read_text(encoding="utf-8"))["rows"]:
        what = row["operation"]
        table.append([what if what != before else "", *list(row.values())[1:]])
        before = what
    return report.markdown(table, numbers_from=2)


def texts(content: Mapping[str, Any], file: Path) -> Iterator[tuple[Path, str]]:
    """The documents as they have to be."""
    performance = PERFORMANCE.read_text(encoding="utf-8")
    for found, marks in (
        (report.report(content), (report.BEGIN, report.END)),
        (capacity.text(content, capacity.Assumptions()), (capacity.BEGIN, capacity.END)),
        (candidates(), ("<!-- candidates: begin -->", "<!-- candidates: end -->")),
        (shown(content), ("<!-- charts: begin -->", "<!-- charts: end -->")),
    ):
        performance = report.put_between_marks(performance, found, *marks)
    yield PERFORMANCE, performance
    lines = f"{machine_line(content, file)}\n\n{report.headlines(content['races'])}"
    for readme in READMES:
        text = readme.read_text(encoding="utf-8")
        yield readme, report.put_between_marks(text, lines, BEGIN, END)


def shown(content: Mapping[str, Any]) -> str:
    """The charts that there are, as Markdown."""
    drawn = {place.stem for place, _ in drawings(content)}
    return "\n\n".join(
        f"![{title}](charts/{name}.svg)" for name, title, _ in CHARTS if name in drawn
    )


def drawings(content: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """The charts, for the texts to show."""
    for name, _, _ in CHARTS:
        if (svg := getattr(charts, name)(content["races"])) is not None:
            yield DOCS / "charts" / f"{name}.svg", svg


def words(svg: str) -> list[str]:
    """What is written in a chart: every name and every figure, whatever draws it where."""
    return re.findall(r"<text [^>]*>([^<]*)", svg)


def differing(content: Mapping[str, Any], file: Path) -> list[Path]:
    """What does not say what the results say."""

    def held(place: Path) -> str:
        return place.read_text(encoding="utf-8") if place.exists() else ""

    stale = [place for place, text in texts(content, file) if held(place) != text]
    return stale + [place for place, svg in drawings(content) if words(held(place)) != words(svg)]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Results into the documentation.")
    parser.add_argument("file", type=Path, nargs="?", help="default: this machine's kind")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit code 1 when something differs"
    )
    options = parser.parse_args(arguments)
    file: Path = options.file or default_file()
    if not file.exists():
        print(f"publish: {file} is not there; files are in {FOLDER}", file=sys.stderr)
        return 2
    content = load(file)
    if options.check:
        stale = differing(content, file)
        for place in stale:
            print(f"publish: {place.relative_to(ROOT)} is not what {file.name} makes")
        return int(bool(stale))
    for place, text in [*texts(content, file), *drawings(content)]:
        place.parent.mkdir(exist_ok=True)
        place.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
