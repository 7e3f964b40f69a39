"""cargo sees a changed source as new, whatever its date; an unchanged one is not built again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dimp_build.wheels import renew_changed_files

OLD = 315532800


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "rust"
    (folder / "core").mkdir(parents=True)
    return folder


def build(workspace: Path, target: Path, *, fails: bool = False, **sources: str) -> set[str]:
    """Build old files of the given content; the names of those that looked new."""
    target.mkdir(exist_ok=True)
    paths = {name: workspace / "core" / f"{name}.rs" for name in sources}
    for name, path in paths.items():
        path.write_text(sources[name], encoding="utf-8")
        os.utime(path, (OLD, OLD))
    with renew_changed_files(workspace, target):
        new = {name for name, path in paths.items() if path.stat().st_mtime != OLD}
        if fails:
            raise RuntimeError("the compiler stops")
    return new


def test_first_build_sees_every_file_as_new(workspace: Path, tmp_path: Path) -> None:
    assert build(workspace, tmp_path / "target", one="a", two="b") == {"one", "two"}


def test_only_changed_files_look_new(workspace: Path, tmp_path: Path) -> None:
    build(workspace, tmp_path / "target", one="a", two="b")
    assert build(workspace, tmp_path / "target", one="a", two="b") == set()
    assert build(workspace, tmp_path / "target", one="a", two="c") == {"two"}
    assert build(workspace, tmp_path / "target", one="a", two="b") == {"two"}


def test_every_file_looks_new_after_a_failed_build(workspace: Path, tmp_path: Path) -> None:
    build(workspace, tmp_path / "target", one="a", two="b")
    with pytest.raises(RuntimeError):
        build(workspace, tmp_path / "target", fails=True, one="a", two="c")
    assert build(workspace, tmp_path / "target", one="a", two="b") == {"one", "two"}
