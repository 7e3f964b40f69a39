"""Results into the documentation: tables, capacity model, charts, and the few lines of the README.

    python benches/publish.py [benches/results/FILE.json]

Everything that the texts say between marks comes from that file, and from nowhere else.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
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
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"


def machine_line(content: Mapping[str, Any], file: Path) -> str:
    """Where the lines come from."""
    run, block = list(content["machines"].items())[-1]
    return (
        f"{block['cpu']} (`{block['cpu_id']}`, SIMD {block['simd']}), {block['cores']} shared "
        f"cores, {block['python']}, run {run}, revision {block['revision']}, one thread, from "
        f"Python; `benches/results/{file.name}`."
    )


def draw(content: Mapping[str, Any]) -> None:
    """The charts as files, for the texts to show."""
    folder = DOCS / "charts"
    folder.mkdir(exist_ok=True)
    for name, _, _ in CHARTS:
        if (svg := getattr(charts, name)(content["races"])) is not None:
            (folder / f"{name}.svg").write_text(svg, encoding="utf-8")


def put(file: Path, found: str, begin: str, end: str) -> None:
    text = file.read_text(encoding="utf-8")
    file.write_text(report.put_between_marks(text, found, begin, end), encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Results into the documentation.")
    parser.add_argument("file", type=Path, nargs="?", help="default: this machine's kind")
    file: Path = parser.parse_args(arguments).file or default_file()
    if not file.exists():
        print(f"publish: {file} is not there; files are in {FOLDER}", file=sys.stderr)
        return 2
    content = load(file)
    put(PERFORMANCE, report.report(content), report.BEGIN, report.END)
    put(PERFORMANCE, capacity.text(content, capacity.Assumptions()), capacity.BEGIN, capacity.END)
    for readme in READMES:
        put(readme, f"{machine_line(content, file)}\n\n{report.headlines(content["races"])}", BEGIN, END)
    draw(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
