"""Perform the Dockerfile's steps in clean roots, without a container engine, and try the result.

For Linux, as root, with debootstrap. In place of the base image stands the same Debian release with
its own Python of the same version. Everything is fetched first; the steps then run in namespaces of
their own, without any network, on a context that holds what .dockerignore lets through.

    make image-proof            or, with settings for the service: prove_image.py NAME=VALUE ...

Says what was proved and what was not; the exit code is 0 when nothing was found wrong.
"""

import fcntl
import json
import os
import re
import shlex
import shutil
import signal
import socket
import string
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
DOCKERFILE = PROJECT / "Dockerfile"
BASE_IMAGE = re.compile(r"python:(\d\.\d+)-slim-([a-z]+)")
DEBIAN_PACKAGES = "python3,python3-venv,ca-certificates"
HEALTHY_SECONDS = 60
STOP_SECONDS = 30

# What production needs to start. The provider is nobody's: nobody is let in, and the rest is tried.
PRODUCTION = {
    "FRONTDOOR_DATABASE_URL": "sqlite:////var/lib/frontdoor/frontdoor.sqlite3",
    "FRONTDOOR_SECRET_KEY": "for-this-proof-alone-and-for-nothing-else",
    "FRONTDOOR_ISSUERS": json.dumps(
        [
            {
                "issuer": "https://login.invalid/",
                "audience": "frontdoor",
                "jwks_url": "https://login.invalid/keys",
                "algorithms": ["RS256"],
                "may_assert_roles": ["mash_worker"],
            }
        ]
    ),
}


class Wrong(Exception):
    """A step of the Dockerfile, or what it made, does not do what it should."""


@dataclass
class Stage:
    """One stage as it is being made: where it stands, and what it was told so far."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)
    arguments: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    folder: str = "/"
    user: str = "0:0"
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)


def main(words: Sequence[str]) -> None:
    """Fetch, then go on without a network as a process of its own; clean up whatever happens."""
    if words[:1] == ["--inside"]:
        prove(Path(words[1]), dict(word.split("=", 1) for word in words[2:]))
        return
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("debootstrap") is None:
        sys.exit("This needs Linux, root and debootstrap (Debian: apt-get install debootstrap).")
    folder = Path(tempfile.mkdtemp(prefix="frontdoor-image-"))
    try:
        fetch(folder)
        here = [sys.executable, str(Path(__file__).resolve()), "--inside", str(folder), *words]
        apart = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
        sys.exit(subprocess.run([*apart, *here]).returncode)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def fetch(folder: Path) -> None:
    """Bring the stand-in for the base image and every pinned wheel into the folder."""
    version, release = base_image()
    mirror = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(SITE)"], capture_output=True, text=True
    ).stdout.split()[:1]
    say(f"fetching Debian {release} and every pinned wheel")
    options = ["--variant=minbase", f"--include={DEBIAN_PACKAGES}"]
    run_quietly("debootstrap", *options, release, str(folder / "base"), *mirror)
    options = ["--require-hashes", "--no-deps", "--only-binary", ":all:"]
    options += ["--python-version", version, "--dest", str(folder / "wheels")]
    options += ["--requirement", str(PROJECT / "requirements.txt")]
    run_quietly(sys.executable, "-m", "pip", "download", "--quiet", *options)


def base_image() -> tuple[str, str]:
    """The Python version and the Debian release that the Dockerfile begins from."""
    found = BASE_IMAGE.search(DOCKERFILE.read_text(encoding="utf-8"))
    if found is None:
        raise Wrong("the Dockerfile does not begin from python:X.Y-slim-RELEASE")
    return found[1], found[2]


def prove(folder: Path, settings: dict[str, str]) -> None:
    """Perform every instruction, then try the final stage as the engine would run it."""
    raise_loopback()
    base = folder / "base"
    # The official image has its python and pip in /usr/local; so has this one after these lines.
    enter(base, ["python3", "-m", "venv", "/usr/local"], environment={})
    found = enter(base, ["/usr/local/bin/python", "-V"], environment={}).stdout.split()[1]
    if not found.startswith(base_image()[0] + "."):
        raise Wrong(f"the stand-in has Python {found}")
    say(f"the stand-in for the base image has Python {found}")
    stage = perform(folder)
    proved: list[str] = ["every step of the Dockerfile, without a network"]
    proved += try_out(stage)
    unproven = ["the official base image itself", "the engine's own handling of layers and labels"]
    if (PROJECT / "frontdoor" / "__main__.py").is_file():
        proved += try_service(stage, settings)
    else:
        unproven.append("serving and the health check: there is no command line yet")
    for one in proved:
        say(f"proved: {one}")
    for one in unproven:
        say(f"unproven: {one}")


def instructions() -> Iterator[tuple[str, str]]:
    """The Dockerfile, an instruction at a time."""
    text = re.sub(r"^\s*#.*\n", "", DOCKERFILE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    for line in text.replace("\\\n", " ").splitlines():
        if line.strip():
            word, _, rest = line.strip().partition(" ")
            yield word.upper(), rest.strip()


def perform(folder: Path) -> Stage:
    """Carry out the instructions; return the last stage."""
    stages: dict[str, Stage] = {}
    stage: Stage | None = None
    for word, rest in instructions():
        say(f"{word} {rest}"[:110])
        if word == "FROM":
            root = folder / f"stage-{len(stages)}"
            subprocess.run(["cp", "-a", "--reflink=auto", str(folder / "base"), root], check=True)
            bind(folder / "wheels", root / "wheels")
            stage = Stage(root)
            name = rest.partition(" AS ")[2] or str(len(stages))
            stages[name] = stage
        elif stage is not None:
            carry_out(stage, stages, word, rest)
    if stage is None:
        raise Wrong("the Dockerfile has no stage")
    return stage


def carry_out(stage: Stage, stages: dict[str, Stage], word: str, rest: str) -> None:
    """One instruction of a stage."""
    match word:
        case "ARG":
            name, _, value = rest.partition("=")
            stage.arguments[name] = value
        case "ENV" | "LABEL":
            target = stage.environment if word == "ENV" else stage.labels
            for pair in shlex.split(rest):
                name, _, value = pair.partition("=")
                target[name] = string.Template(value).safe_substitute(stage.arguments)
        case "WORKDIR":
            stage.folder = rest
            (stage.root / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)
        case "USER":
            stage.user = rest
        case "COPY":
            copy(stage, stages, shlex.split(rest))
        case "RUN":
            offline = {
                "PIP_NO_INDEX": "1",
                "PIP_FIND_LINKS": "/wheels",
                "PIP_CONFIG_FILE": "/dev/null",
            }
            enter(
                stage.root,
                ["/bin/sh", "-c", rest],
                environment=stage.arguments | stage.environment | offline,
                folder=stage.folder,
                user=stage.user,
            )
        case "ENTRYPOINT":
            stage.entrypoint = json.loads(rest)
        case "CMD":
            stage.command = json.loads(rest)
        case "HEALTHCHECK":
            stage.health = json.loads(rest[rest.index("CMD") + len("CMD") :])
        case "EXPOSE" | "STOPSIGNAL":
            pass
        case _:
            raise Wrong(f"{word} is not known here: teach scripts/prove_image.py to perform it")


def copy(stage: Stage, stages: dict[str, Stage], words: list[str]) -> None:
    """COPY, from another stage or from what .dockerignore lets through of the project."""
    *sources, destination = words
    target = stage.root / str(Path(stage.folder, destination)).lstrip("/")
    if sources[0].startswith("--from="):
        origin = stages[sources.pop(0).removeprefix("--from=")].root
        for source in sources:
            subprocess.run(["cp", "-a", str(origin / source.lstrip("/")), target], check=True)
        return
    allowed = {
        line[1:].strip("/")
        for line in (PROJECT / ".dockerignore").read_text(encoding="utf-8").splitlines()
        if line.startswith("!")
    }
    for source in sources:
        if source not in allowed:
            raise Wrong(f".dockerignore does not let {source} through")
        if (PROJECT / source).is_dir():
            shutil.copytree(
                PROJECT / source, target, ignore=shutil.ignore_patterns("__pycache__", "*.pyc")
            )
        else:
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / source, target)


def try_out(stage: Stage) -> list[str]:
    """What holds of the final stage whether or not it serves: who it runs as, and what it lacks."""
    sealed = seal(stage)

    def python(code: str) -> str:
        return enter(
            sealed, ["python", "-c", code], stage.environment, stage.folder, stage.user
        ).stdout.strip()

    who = python("import os; print(os.getuid(), os.getgid(), os.getgroups())")
    if who.split()[0] == "0":
        raise Wrong("it runs as root")
    python("import api, frontdoor, service, workers, fastapi, sqlmodel, asyncpg, uvloop, jose")
    version = python("import importlib.metadata as m; print(m.version('frontdoor'))")
    said = stage.labels["org.opencontainers.image.version"]
    if said != version:
        raise Wrong(f"the label says {said}, and {version} is inside: mend ARG VERSION")
    for gone in ("pip", "hatchling", "tomlkit", "setuptools"):
        missing = python(f"import importlib.util as i; print(i.find_spec('{gone}') is None)")
        if missing != "True":
            raise Wrong(f"{gone} is still there")
    for place in ("/app/new", "/etc/new", "/new"):
        refused = python(
            f"try: open('{place}', 'w'); print('written')\nexcept OSError: print('refused')"
        )
        if refused != "refused":
            raise Wrong(f"it could write to {place}")
    python("import pathlib; p = pathlib.Path('new'); p.write_text('x'); p.unlink()")
    size = subprocess.run(
        ["du", "-sm", str(stage.root / "app")], capture_output=True, text=True, check=True
    ).stdout.split()[0]
    return [
        f"it runs as {who}, not as root",
        "it imports the four packages and what they stand on",
        "no pip, setuptools, hatchling or tomlkit in the final stage",
        "on a read-only root it writes to its data folder and nowhere else",
        f"/app takes {size} MB",
        f"the label's version is the one that is inside: {version}",
    ]


def try_service(stage: Stage, settings: dict[str, str]) -> list[str]:
    """Migrate, serve, pass the health check, stop in good order on SIGTERM."""
    sealed = seal(stage)
    surroundings = stage.environment | PRODUCTION | settings
    place = (surroundings, stage.folder, stage.user)
    enter(sealed, [*stage.entrypoint, "migrate"], *place)
    server = subprocess.Popen(
        chroot(sealed, [*stage.entrypoint, *stage.command], stage.folder, stage.user),
        env=surroundings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        begun = time.monotonic()
        while True:
            check = subprocess.run(
                chroot(sealed, stage.health, stage.folder, stage.user),
                env=surroundings,
                capture_output=True,
            )
            if check.returncode == 0:
                break
            if server.poll() is not None or time.monotonic() - begun > HEALTHY_SECONDS:
                server.kill()
                raise Wrong(f"it did not become healthy:\n{server.communicate()[0]}")
            time.sleep(0.5)
        waited = time.monotonic() - begun
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=STOP_SECONDS)
    finally:
        server.kill()
    if server.returncode != 0:
        raise Wrong(f"it ended on SIGTERM with {server.returncode}")
    return [
        f"it migrates, serves and is healthy {waited:.1f} s after the start, root read-only",
        "it stops on SIGTERM",
    ]


def seal(stage: Stage) -> Path:
    """The stage as a read-only root, with its data folder and /tmp to write to."""
    sealed = stage.root.with_name(stage.root.name + "-sealed")
    if sealed.is_dir():
        return sealed
    data = sealed / stage.folder.lstrip("/")
    sealed.mkdir()
    subprocess.run(["umount", str(stage.root / "wheels")], check=True)
    bind(stage.root, sealed)
    subprocess.run(["mount", "-o", "remount,bind,ro", str(sealed)], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(sealed / "tmp")], check=True)
    bind(stage.root / stage.folder.lstrip("/"), data)
    subprocess.run(["mount", "-o", "remount,bind,rw", str(data)], check=True)
    return sealed


def bind(source: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "--bind", str(source), str(target)], check=True)


def enter(
    root: Path,
    command: list[str],
    environment: dict[str, str],
    folder: str = "/",
    user: str = "0:0",
) -> "subprocess.CompletedProcess[str]":
    """Run a command in a root; its failure is a fault of the image."""
    surroundings = {"PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"} | environment
    done = subprocess.run(
        chroot(root, command, folder, user), env=surroundings, capture_output=True, text=True
    )
    if done.returncode != 0:
        raise Wrong(f"{shlex.join(command)}\n{done.stdout}{done.stderr}")
    return done


def chroot(root: Path, command: list[str], folder: str, user: str) -> list[str]:
    """The words that run a command in a root; env finds it by the PATH that is given there."""
    there = f'cd "{folder}" && exec "$@"'
    inside = ["/bin/sh", "-c", there, "sh", *command]
    return ["/usr/sbin/chroot", f"--userspec={user}", "--groups=", str(root), *inside]


def raise_loopback() -> None:
    """A new network namespace begins with its loopback down."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        up_and_running = 0x1 | 0x40
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh14x", b"lo", up_and_running))


def run_quietly(*command: str) -> None:
    """Run a command; show what it said only if it fails."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise Wrong(f"{command[0]} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


def say(words: str) -> None:
    print(words, flush=True)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Wrong as fault:
        sys.exit(f"wrong: {fault}")
