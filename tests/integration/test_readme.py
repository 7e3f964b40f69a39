"""What the README shows works: its examples run, its files are there, its names exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import dimp_fast

ROOT = Path(__file__).resolve().parents[2]
READMES = ("README.md", "README.zh.md")


def blocks(name: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (ROOT / name).read_text("utf-8"), re.DOTALL)


@pytest.mark.parametrize("name", READMES)
def test_python_examples_run(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    found = blocks(name)
    assert found
    for block in found:
        exec(compile(block, name, "exec"), {})
    assert "377" in capsys.readouterr().out


def test_python_examples_of_groups_run(capsys: pytest.CaptureFixture[str]) -> None:
    found = blocks("docs/groups.md")
    assert len(found) == 2
    for block in found:
        exec(compile(block, "docs/groups.md", "exec"), {})
    assert "UNCONFIRMED" in capsys.readouterr().out


@pytest.mark.parametrize("name", [*READMES, "CONTRIBUTING.md", "docs/cli.md", "docs/groups.md"])
def test_links_lead_somewhere(name: str) -> None:
    place = (ROOT / name).parent
    for link in re.findall(r"\]\(([^)#:]+)[^)]*\)", (ROOT / name).read_text("utf-8")):
        assert (place / link).exists(), link


@pytest.mark.parametrize("name", READMES)
def test_the_number_of_examples_is_right(name: str) -> None:
    lines = (ROOT / "examples/messages.jsonl").read_bytes().count(b"\n")
    assert str(lines) in (ROOT / name).read_text("utf-8")


def test_every_rule_that_tests_cite_exists() -> None:
    rules = set(re.findall(r'<a id="([a-z0-9-]+)">', (ROOT / "docs/semantics.md").read_text()))
    assert len(rules) > 40
    for path in [*(ROOT / "tests").rglob("*.py"), *(ROOT / "python").rglob("*.py"),
                 *(ROOT / "rust").glob("*/src/**/*.rs")]:  # fmt: skip
        for rule in re.findall(r"semantics\.md#([a-z0-9-]+)", path.read_text("utf-8")):
            assert rule in rules, f"{path}: {rule}"


def test_every_rule_is_held_by_a_test() -> None:
    """A rule's name stands in a test's name or in what a test module says it is about."""
    rules = re.findall(r'<a id="([a-z0-9-]+)">', (ROOT / "docs/semantics.md").read_text())
    text = "".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("*.py"))
    for rule in rules:
        family, number = rule.rsplit("-", 1)
        named = re.search(rf"{family}_(\d_and_)?{number}\b|{family}_{number}_|{rule}\b", text)
        span = any(
            low <= int(number) <= high
            for low, high in (
                (int(a), int(b)) for a, b in re.findall(rf"{family}-(\d+) to {family}-(\d+)", text)
            )
        )
        assert named or span, rule


def test_public_names_are_exported() -> None:
    for name in dimp_fast.__all__:
        assert getattr(dimp_fast, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        dimp_fast.nothing  # noqa: B018
