"""Compile the Cython kernels `cython_ext/_cy_*.pyx` into the staged package."""

from __future__ import annotations

import os
from pathlib import Path

from .source import PACKAGE
from .wheels import working_in


def compile_kernels(stage: Path) -> list[str]:
    """Compile every kernel of the stage; return the module names. A compiler error propagates."""
    from Cython.Build import cythonize
    from setuptools import Distribution, Extension

    flags = [] if os.name == "nt" else ["-O3", "-g0"]
    with working_in(stage):
        # Relative paths: generated C and tracebacks name cython_ext/..., not a temporary folder.
        names = sorted(path.stem for path in Path("cython_ext").glob("_cy_*.pyx"))
        extensions = [
            Extension(
                f"{PACKAGE.name}.{name}",
                [f"cython_ext/{name}.pyx"],
                include_dirs=["cython_ext"],
                extra_compile_args=flags,
            )
            for name in names
        ]
        modules = cythonize(extensions, include_path=["cython_ext"], build_dir="build")
        distribution = Distribution({"ext_modules": modules})
        command = distribution.get_command_obj("build_ext")
        command.build_lib, command.build_temp = str(PACKAGE.parent), "build"
        command.parallel = os.cpu_count()
        distribution.run_command("build_ext")
    return names
