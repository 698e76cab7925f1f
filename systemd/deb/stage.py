"""Lays out what the Debian package holds beside files that are taken as they are: `stage.py OUT`, then nfpm (`make deb`).

The wheel is the source: what is in it, and its metadata, is what `pip install tillbox` gives too. It is compiled ahead for the Python
that runs this (unchecked: the files belong to dpkg, and a read-only root could not store what a first start compiles). The package's
own script compiles it anew for another Python.
"""

from __future__ import annotations

import compileall
import gzip
import os
import py_compile
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import PathDistribution
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INSTALLED = "/usr/lib/tillbox"  # where it lies on a Pi: what tracebacks show

COPYRIGHT = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: tillbox

Files: *
Copyright: the tillbox authors
License: Apache-2.0
 On Debian systems the text is in /usr/share/common-licenses/Apache-2.0.
"""


def main(out: Path) -> None:
    shutil.rmtree(out, ignore_errors=True)
    lib = out / "lib"
    _unpack(_wheel(out), lib)
    _compile(lib)
    _compress(ROOT / "docs" / "tillbox.1", out / "tillbox.1.gz")
    (out / "copyright").write_text(COPYRIGHT + "\n" + _fonts(), encoding="utf-8")
    print(PathDistribution(next(lib.glob("tillbox-*.dist-info"))).version)


def _wheel(out: Path) -> Path:
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", str(out / "wheel"), str(ROOT)], check=True, stdout=sys.stderr)
    return next((out / "wheel").glob("tillbox-*.whl"))


def _unpack(wheel: Path, lib: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(lib)
    for path in (lib, *lib.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _compile(lib: Path) -> None:
    """Raises SystemExit where a module cannot be."""
    unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
    done = compileall.compile_dir(
        lib, quiet=1, stripdir=str(lib), prependdir=INSTALLED, invalidation_mode=unchecked, workers=os.cpu_count()
    )
    if not done:
        raise SystemExit("not everything could be compiled")


def _compress(source: Path, target: Path) -> None:
    with target.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        packed.write(source.read_bytes())


def _fonts() -> str:
    """The fonts have licences of their own, told in their README."""
    return "Files: daemon/fonts/*\nLicense: as told in /usr/lib/tillbox/daemon/fonts/README.md and OFL.txt beside it\n"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
