"""The project's own files, as the house rules read them."""

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


@cache
def project_files() -> tuple[Path, ...]:
    """Every file that is, or is about to be, part of the project; what is ignored is not."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    paths = (ROOT / name for name in sorted(set(listed.split("\0"))) if name)
    return tuple(path for path in paths if path.is_file())


def modules() -> tuple[Path, ...]:
    """Every Python module of the project."""
    return tuple(path for path in project_files() if path.suffix == ".py")


PRODUCT = ("service", "api", "workers", "frontdoor")


def product_modules() -> tuple[Path, ...]:
    """Every Python module that is delivered: no tests, no scripts."""
    return tuple(path for path in modules() if path.relative_to(ROOT).parts[0] in PRODUCT)


def read(path: Path) -> str | None:
    """The text of a file, or nothing when it is not text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def named(path: Path) -> str:
    """The path as people say it."""
    return path.relative_to(ROOT).as_posix()
