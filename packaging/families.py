"""Environments of their own for the families of the reference that the drop-in serves.

    python packaging/families.py dimples .venv-dimples
    python packaging/families.py dimplugins .venv-dimplugins

Makes the environment with the Python that runs this, installs the family and what dimp_fast needs
beside it, and puts the package of this checkout on its path: what is built here serves there. Run
by `make test`; run it by hand for a station to try things with.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from importlib.metadata import requires
from pathlib import Path

FAMILIES = {
    "dimples": ["dimples>=2.1,<2.2"],
    # Its own requirements name no upper limit, and the packages of 2.5 are of the other family.
    "dimplugins": [
        f"{name}>=2.4.3,<2.5" for name in ("dimplugins", "dimsdk", "dimp", "dkd", "mkm")
    ],
}
"""What pip is asked for."""

PACKAGE = Path(__file__).resolve().parent.parent / "python"


def main(family: str, folder: str) -> None:
    """Make or complete the environment."""
    venv.create(folder, with_pip=True)
    python = Path(folder, "bin", "python")
    needed = [wanted for wanted in requires("dimp-fast") or () if "extra ==" not in wanted]
    pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([*pip, *FAMILIES[family], *needed], check=True)
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = subprocess.run([python, "-c", where], check=True, capture_output=True, text=True).stdout
    Path(site.strip(), "dimp_fast_checkout.pth").write_text(f"{PACKAGE}\n", "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
