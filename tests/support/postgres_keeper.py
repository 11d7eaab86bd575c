"""Keeps one throw-away PostgreSQL alive for the process that started it, and removes every trace.

Runs as a process of its own, on the standard library alone. It makes a folder, a cluster in it and
a server that listens on a Unix socket in it; says where on standard output, as one line of JSON;
and waits for the end of its standard input. That end comes when the tests finish and also when
they crash or are killed, so no server and no folder outlives them.

Until then a word a line on standard input does harm to the server, and is answered with one line:
`crash` ends all its processes as a loss of power would and starts it again, `freeze` stops them
where they stand, `thaw` lets them go on.

The cluster may stand in another place than the socket, in a folder of the same name: in memory.
"""

import argparse
import contextlib
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import FrameType

# Both end only what hangs.
START_SECONDS = 900
STOP_SECONDS = 300
LONGEST_SOCKET_PATH = 100  # the system's limit is 104 to 108 bytes
OPEN_TO_ALL = 0o001
READABLE_BY_ALL = 0o005

# A server serves one test process and dies with it, so it need not survive a power cut; and nothing
# may run in it by itself while a test looks on.
FOR_SPEED = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "256MB",  # its folder may be in memory
}
SETTINGS = {
    "autovacuum": "off",
    "listen_addresses": "",
    "max_connections": "100",
    "max_wal_senders": "0",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "unix_socket_permissions": "0777",
    "wal_level": "minimal",
}


class Fault(Exception):
    """The server cannot be started; the words say why."""


def main(
    installation: Path,
    durable: bool,
    kept: Path | None,
    data_in: Path | None,
    settings: list[str],
) -> None:
    """Start the server, announce it, wait for the end of standard input, stop it, clean up.

    The cluster is thrown away, unless it is in the folder `kept`, to be found there the next time.
    """
    signal.signal(signal.SIGTERM, _leave)
    account = _account()
    folder = _make_folder(account)
    elsewhere = None if data_in is None else data_in / folder.name
    server: subprocess.Popen[bytes] | None = None
    try:
        programs = _programs_for(account, installation, folder)
        own = kept or elsewhere
        data = folder / "data" if own is None else _own(own, account)
        chosen = SETTINGS | ({} if durable else FOR_SPEED)
        chosen |= dict(setting.split("=", 1) for setting in settings)
        server = _start(programs, folder, data, account, chosen)
        print(json.dumps({"host": str(folder), "user": "postgres"}), flush=True)
        for line in sys.stdin:
            harm = line.strip()
            if harm == "crash":
                server.send_signal(signal.SIGQUIT)
                server.wait(timeout=STOP_SECONDS)
                server = _start(programs, folder, data, account, chosen)
            else:
                for process in (server.pid, *_children_of(server.pid)):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(process, {"freeze": signal.SIGSTOP, "thaw": signal.SIGCONT}[harm])
            print(json.dumps({"done": harm}), flush=True)
    except (Fault, OSError, subprocess.SubprocessError) as fault:
        print(json.dumps({"fault": str(fault)}), flush=True)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if server is not None:
            _stop(server)
        for place in filter(None, (folder, elsewhere)):
            shutil.rmtree(place, ignore_errors=True)


def _leave(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)


def _account() -> pwd.struct_passwd | None:
    """Who runs the server: PostgreSQL refuses to run as root, so root lends it to nobody."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def _make_folder(account: pwd.struct_passwd | None) -> Path:
    """A new private folder that the account can reach and whose socket path is short enough."""
    for place in (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")):
        if not place.is_dir() or not os.access(place, os.W_OK):
            continue
        if (
            len(str(place)) + len("/frontdoor-postgres-12345678/.s.PGSQL.5432")
            > LONGEST_SOCKET_PATH
        ):
            continue
        if account is not None and not _reachable(place):
            continue
        folder = Path(tempfile.mkdtemp(prefix="frontdoor-postgres-", dir=place))
        if account is not None:
            os.chown(folder, account.pw_uid, account.pw_gid)
        return folder
    raise SystemExit(json.dumps({"fault": "no temporary folder that a database server could use"}))


def _own(cluster: Path, account: pwd.struct_passwd | None) -> Path:
    """The folder of a cluster, which the account must be able to reach."""
    cluster.mkdir(mode=0o700, parents=True, exist_ok=True)
    if account is not None:
        if not _reachable(cluster.parent):
            raise Fault(f"{account.pw_name}, who runs PostgreSQL, cannot reach {cluster}")
        os.chown(cluster, account.pw_uid, account.pw_gid)
    return cluster


def _reachable(path: Path) -> bool:
    return all(step.stat().st_mode & OPEN_TO_ALL for step in (path, *path.parents))


def _programs_for(account: pwd.struct_passwd | None, installation: Path, folder: Path) -> Path:
    """The folder of programs, copied first where the account may not read the installed one."""
    programs = installation / "bin"
    if account is None:
        return programs
    if (
        _reachable(programs)
        and (programs / "postgres").stat().st_mode & READABLE_BY_ALL == READABLE_BY_ALL
    ):
        return programs
    package = installation.parent
    copied = folder / "installed" / package.name / installation.name
    shutil.copytree(installation, copied, symlinks=True)
    libraries = package.with_name(package.name + ".libs")
    if libraries.is_dir():
        shutil.copytree(libraries, folder / "installed" / libraries.name, symlinks=True)
    subprocess.run(
        ["chown", "-R", f"{account.pw_uid}:{account.pw_gid}", str(folder / "installed")], check=True
    )
    return copied / "bin"


def _start(
    programs: Path,
    folder: Path,
    data: Path,
    account: pwd.struct_passwd | None,
    settings: dict[str, str],
) -> subprocess.Popen[bytes]:
    """Make the cluster, unless it is there; start its server; return when it takes connections."""
    log = folder / "log"
    uid = None if account is None else account.pw_uid
    gid = None if account is None else account.pw_gid
    groups: list[int] | None = None if account is None else []
    surroundings = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
    # Text sorts by code point, on every machine and as SQLite does.
    locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    if not (data / "PG_VERSION").exists():
        made = subprocess.run(
            [
                str(programs / "initdb"),
                f"--pgdata={data}",
                "--username=postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--no-sync",
                "--no-instructions",
                *locale,
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            cwd=folder,
            env=surroundings,
            user=uid,
            group=gid,
            extra_groups=groups,
            text=True,
        )
        if made.returncode != 0:
            raise Fault(f"initdb: {made.stderr.strip() or made.stdout.strip()}")
    settings = settings | {"unix_socket_directories": str(folder)}
    with log.open("wb") as output:
        server = subprocess.Popen(
            [
                str(programs / "postgres"),
                "-D",
                str(data),
                *(f"--{name}={value}" for name, value in settings.items()),
            ],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=folder,
            env=surroundings,
            user=uid,
            group=gid,
            extra_groups=groups,
        )
    deadline = time.monotonic() + START_SECONDS
    while not _ready(data, server.pid):
        if server.poll() is not None or time.monotonic() > deadline:
            _stop(server)
            raise Fault(f"the server did not start: {log.read_text(errors='replace').strip()}")
        time.sleep(0.02)
    return server


def _ready(data: Path, process: int) -> bool:
    """The server writes its own number as the first line of this file, its state as the last."""
    with contextlib.suppress(FileNotFoundError):
        lines = (data / "postmaster.pid").read_text().splitlines()
        return len(lines) > 7 and lines[0] == str(process) and lines[7].strip() == "ready"
    return False


def _children_of(process: int) -> list[int]:
    """PostgreSQL has a process for each connection, each in a session of its own."""
    found = Path(f"/proc/{process}/task/{process}/children").read_text()
    return [int(one) for one in found.split()]


def _stop(server: subprocess.Popen[bytes]) -> None:
    """Stop at once without waiting for clients; what it held is thrown away anyway."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        if server.poll() is not None:
            return
        server.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(timeout=STOP_SECONDS)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("installation", type=Path)
    parser.add_argument("--durable", action="store_true")
    parser.add_argument("--kept", type=Path)
    parser.add_argument("--data-in", type=Path)
    parser.add_argument("--setting", action="append", default=[])
    given = parser.parse_args()
    main(given.installation, given.durable, given.kept, given.data_in, given.setting)
