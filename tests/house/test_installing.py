"""A requirements file is the whole of what is installed: what is newest decides nothing."""

import hashlib
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support.sources import ROOT

pytestmark = pytest.mark.heavy
INSTALL = ROOT / "scripts" / "install-requirements"


def wheel(folder: Path, name: str, version: str, *metadata: str) -> str:
    """Put a wheel of nothing into the folder, and return its pin."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    about = [
        "Metadata-Version: 2.1",
        f"Name: {name}",
        f"Version: {version}",
        *metadata,
    ]
    members = {
        f"{info}/METADATA": "\n".join(about) + "\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = [f"{member},," for member in (*members, f"{info}/RECORD")]
    with zipfile.ZipFile(path, "w") as archive:
        for member, text in members.items():
            archive.writestr(member, text)
        archive.writestr(f"{info}/RECORD", "\n".join(record) + "\n")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return f"{name}=={version} --hash=sha256:{digest}\n"


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """A registry of three wheels, in which what is pinned is no longer the newest."""
    folder = tmp_path_factory.mktemp("registry")
    asking = wheel(folder, "asking", "1.0", "Requires-Dist: asked[more]>=1.0")
    more = ("Provides-Extra: more",)
    pinned = wheel(folder, "asked", "1.0", *more)
    wheel(folder, "asked", "1.1", *more)
    return folder, asking, pinned


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """The Python of a new virtual environment."""
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    return tmp_path / "venv" / "bin" / "python"


def from_the_registry(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    return kept | {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(folder),
    }


def test_a_newer_release_of_something_with_an_extra_does_not_stop_the_installation(
    registry: tuple[Path, str, str], python: Path, tmp_path: Path
) -> None:
    folder, asking, pinned = registry
    file = tmp_path / "requirements.txt"
    file.write_text(asking + pinned, encoding="utf-8")
    surroundings = from_the_registry(folder)
    done = subprocess.run([INSTALL, python, file], env=surroundings, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    listed = subprocess.run(
        [python, "-m", "pip", "freeze"], env=surroundings, capture_output=True, text=True
    )
    assert {"asking==1.0", "asked==1.0"} <= set(listed.stdout.split())


def test_a_file_that_lacks_something_is_refused_by_name(
    registry: tuple[Path, str, str], python: Path, tmp_path: Path
) -> None:
    folder, asking, _pinned = registry
    file = tmp_path / "requirements.txt"
    file.write_text(asking, encoding="utf-8")
    done = subprocess.run(
        [INSTALL, python, file], env=from_the_registry(folder), capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "asking 1.0 requires asked, which is not installed" in done.stderr
    assert "run make lock" in done.stderr


@pytest.mark.parametrize("name", ["Makefile", "Dockerfile", ".ci/run"])
def test_nothing_is_installed_from_a_file_in_another_way(name: str) -> None:
    """Each `pip install -r` takes the file as it is, and asks afterwards whether it was whole."""
    text = re.sub(r"\\\n", " ", (ROOT / name).read_text(encoding="utf-8"))
    ways = [line for line in text.splitlines() if re.search(r"pip\b.*\binstall\b.*\s-r\s", line)]
    for way in ways:
        assert "--no-deps" in way, way
        assert "--require-hashes" in way, way
        assert re.search(r"&&.*\bcheck\b", way), way
    if name != ".ci/run":
        assert ways or "scripts/install-requirements" in text
