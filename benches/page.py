"""The report of a run as one HTML file that needs no network: charts, tables, the machine."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import report

STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.5 system-ui, "Segoe UI", Helvetica, Arial, sans-serif; color: #1f2933;
       max-width: 1120px; margin: 2rem auto 4rem; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: .2rem; }
h2 { font-size: 1.2rem; margin: 2.4rem 0 .4rem; border-bottom: 1px solid #d9dee4; }
h3 { font-size: 1rem; margin: 1.6rem 0 .4rem; }
p.lead, li { color: #46525e; }
svg { max-width: 100%; height: auto; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .6rem; border-bottom: 1px solid #eef1f4; white-space: nowrap; }
th { text-align: left; background: #f5f7f9; position: sticky; top: 0; }
td.n, th.n { text-align: right; }
tr.first td { border-top: 1px solid #b8c1ca; font-weight: 600; }
nav a { margin-right: 1rem; }
code { font-size: 13px; }
"""

CHARTS = (
    ("ratios", "Beside each peer",
     "At the largest batch measured: its time divided by ours. Green: we are faster."),
    ("throughput", "Throughput against batch size",
     "Items a second on one thread, from Python, both axes logarithmic. Solid lines are ours."),
    ("sizes", "Time against message size",
     "What is signed for signatures, whole frames for decoding; hashing included, one thread."),
    ("levels", "SIMD levels",
     "The same call with our kernels held to a level; portable is the library beneath."),
    ("latency", "One call",
     "What a single call with a single item takes: nothing is shared out over a batch."),
    ("scaling", "Threads", "A machine whose processors are busy elsewhere shows less here."),
)  # fmt: skip


def write(file: Path, run: str, block: Mapping[str, Any], records: Sequence[Any]) -> None:
    """Write the report of the races of one run."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(_page(run, block, records), encoding="utf-8")


def _page(run: str, block: Mapping[str, Any], records: Sequence[Any]) -> str:
    import charts  # matplotlib takes a second to load, and only a report needs it

    sections, drawn = [], []
    for name, title, lead in CHARTS:
        if (svg := getattr(charts, name)(records)) is not None:
            drawn.append((name, title, lead))
            sections.append(
                f'<h2 id="{name}">{title}</h2>\n<p class="lead">{lead}</p>\n'
                f'<div class="scroll" role="img" aria-label="{title}">{svg}</div>'
            )
    left_out = "".join(
        f'<p class="lead">Left out: {html.escape(why)}.</p>' for why in block.get("left_out", {})
    )
    facts = report.machine_lines(run, block, records).splitlines()
    machine = "\n".join(f"<li>{html.escape(fact.removeprefix('* '))}</li>" for fact in facts)
    links = "".join(f'<a href="#{name}">{title}</a>' for name, title, _ in drawn)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>dimp_fast on {html.escape(block["cpu"])}</title><style>{STYLE}</style></head><body>
<h1>dimp_fast on {html.escape(block["cpu"])}</h1>
<p class="lead">{html.escape(run)}, revision {html.escape(block["revision"])}.
Everything that is compared took turns; medians of the quiet rounds.</p>
{left_out}
<nav><a href="#glance">At a glance</a>{links}
<a href="#tables">Tables</a><a href="#machine">Machine</a></nav>
<h2 id="glance">At a glance</h2>
<p class="lead">The largest batch measured: one thread, from Python; stations are processes of
their own.</p>
{_tables(report.headlines(records))}
{chr(10).join(sections)}
<h2 id="tables">Tables</h2>
<p class="lead"><b>time / first</b> is a contender's time divided by that of the first one of its
race, which is ours: 2.00 beside a peer means that we are twice as fast.</p>
{_tables(report.race_tables(records))}
<h2 id="machine">Machine</h2>
<ul>
{machine}
</ul>
</body></html>
"""


def _tables(text: str) -> str:
    """Markdown tables as HTML: one source for both."""
    parts, rows = [], []
    for line in [*text.splitlines(), ""]:
        if line.startswith("|"):
            rows.append([cell.strip() for cell in line.strip("|").split("|")])
            continue
        if rows:
            parts.append(_table(rows))
            rows = []
        if line.startswith("### "):
            parts.append(f"<h3>{html.escape(line[4:])}</h3>")
        elif line:
            parts.append(f"<p>{html.escape(line)}</p>")
    return "\n".join(parts)


def _table(rows: Sequence[Sequence[str]]) -> str:
    head, rule, *body = rows
    numeric = [' class="n"' if cell.endswith(":") else "" for cell in rule]

    def cells(tag: str, row: Sequence[str]) -> str:
        pairs = zip(row, numeric, strict=True)
        return "".join(f"<{tag}{kind}>{html.escape(cell)}</{tag}>" for cell, kind in pairs)

    lines = [f'<tr class="{"first" if row[0] else ""}">{cells("td", row)}</tr>' for row in body]
    return (
        f'<div class="scroll"><table><thead><tr>{cells("th", head)}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )
