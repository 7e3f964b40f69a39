"""The source archive has the project's files, all of them; one version is written everywhere."""

from __future__ import annotations

import importlib.metadata
import re
import shutil
import subprocess

import pytest

from dimp_build import ROOT, source

NOT_SHIPPED = (".ci/",)


def git(*arguments: str, data: str = "") -> list[str]:
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("this is not a git checkout")
    run = subprocess.run(
        ["git", "-C", str(ROOT), *arguments],
        input=data,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode in (0, 1), run.stderr  # 1: check-ignore found nothing
    return run.stdout.splitlines()


def shipped() -> set[str]:
    return {path.as_posix() for path in source.files(ROOT, source.WHEEL_INPUTS + source.SDIST_ONLY)}


def test_every_tracked_file_is_shipped() -> None:
    tracked = {name for name in git("ls-files") if (ROOT / name).exists()}
    assert {name for name in tracked - shipped() if not name.startswith(NOT_SHIPPED)} == set()


def test_no_ignored_file_is_shipped() -> None:
    assert git("check-ignore", "--no-index", "--stdin", data="\n".join(shipped())) == []


def test_versions_agree() -> None:
    line = re.compile(r'^(?:__)?version(?:__)? = "(.+)"$', re.MULTILINE)
    names = ("pyproject.toml", "rust/Cargo.toml", "python/dimp_fast/_version.py")
    found = {name: line.findall((ROOT / name).read_text("utf-8")) for name in names}
    assert found == {name: [importlib.metadata.version("dimp-fast")] for name in names}
