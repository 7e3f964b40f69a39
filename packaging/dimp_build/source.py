"""The project's own files: one list, for the source archive and for the stage a wheel is built in.

A wheel is built in a private copy, so a build never meets what another left in the tree (a module
of another Python version, an editable install) and never touches what a developer is using.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import re
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path("python", "dimp_fast")

WHEEL_INPUTS = ("pyproject.toml", "*.md", "LICENSE", "benches", "cython_ext", "python", "rust")
SDIST_ONLY = ("Makefile", ".gitattributes", ".gitignore", "docs", "examples", "packaging", "tests")
BENCHES = PACKAGE / "_benches"
"""Where `dimp-fast bench` finds them in an installed package."""
GENERATED_FOLDERS = re.compile(
    r"(.*/)?(__pycache__|target|[^/]*\.egg-info|\.(hypothesis|benchmarks|(pytest|mypy|ruff)_cache))"
)
GENERATED_FILES = re.compile(r".*\.(so|pyd|py[co])|_build_info\.json|\.DS_Store")


def files(root: Path, inputs: tuple[str, ...]) -> Iterator[Path]:
    """Paths relative to `root` of every file that belongs to the project, in a fixed order."""
    for top in (path for name in inputs for path in sorted(root.glob(name))):
        if top.is_file():
            yield top.relative_to(root)
        for path, folders, names in os.walk(top):
            folder = Path(path).relative_to(root)
            folders[:] = sorted(
                name
                for name in folders
                if not GENERATED_FOLDERS.fullmatch((folder / name).as_posix())
            )
            yield from (folder / n for n in sorted(names) if not GENERATED_FILES.fullmatch(n))


@contextlib.contextmanager
def stage(root: Path) -> Iterator[Path]:
    """A temporary copy of what a wheel is made from; file times are kept, cargo goes by them."""
    with tempfile.TemporaryDirectory(prefix="dimp_fast-stage-") as folder:
        for path in files(root, WHEEL_INPUTS):
            copy = Path(folder, _place(path))
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / path, copy)
        yield Path(folder)


def _place(path: Path) -> Path:
    """Where a file of the source goes in a stage. What was measured here stays here."""
    is_bench = path.parts[0] == "benches" and path.suffix == ".py"
    return BENCHES / path.relative_to("benches") if is_bench else path


def write_archive(root: Path, metadata: str, folder: Path) -> str:
    """Write `name-version.tar.gz`, the same bytes for the same source; return its file name."""
    fields = dict(re.findall(r"^(Name|Version): (.+)$", metadata, re.MULTILINE))
    base = f"{fields['Name'].replace('-', '_')}-{fields['Version']}"
    time = int(os.environ.get("SOURCE_DATE_EPOCH", "315532800"))  # 1980: what a zip can hold
    with (
        (folder / f"{base}.tar.gz").open("wb") as file,
        gzip.GzipFile("", "wb", fileobj=file, mtime=time) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):

        def add(name: str, data: bytes, executable: bool = False) -> None:
            entry = tarfile.TarInfo(f"{base}/{name}")
            entry.size, entry.mtime, entry.mode = len(data), time, 0o755 if executable else 0o644
            archive.addfile(entry, io.BytesIO(data))

        add("PKG-INFO", metadata.encode())
        for path in files(root, WHEEL_INPUTS + SDIST_ONLY):
            source = root / path
            add(path.as_posix(), source.read_bytes(), os.access(source, os.X_OK))
    return f"{base}.tar.gz"
