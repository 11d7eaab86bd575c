"""What no file may say: whose machine it was written on, or "ignore this" without why."""

import re
from pathlib import Path

import pytest

from tests.support.sources import ROOT, named, project_files, read

# Written in pieces, so that this file does not find itself.
REGISTRIES = [
    "pyp" + "i.org",
    "pythonhosted" + ".org",
    "registry" + ".npm" + "js",
    "npm" + "js.org",
]
REGISTRIES += ["deb.deb" + "ian.org", "security.deb" + "ian.org", "archive.ub" + "untu"]
REGISTRY = re.compile("|".join(map(re.escape, REGISTRIES)), re.IGNORECASE)
HOMES = ["home", "root", "Users", "work", "workspace", "mnt", "opt"]
MACHINE_PATH = re.compile(r"(?<![\w.$}>/*~-])/(?:" + "|".join(HOMES) + r")/[\w.-]")
SILENCED = re.compile(r"#\s*(?:noqa|type:\s*ignore|pragma:\s*no cover|fmt:\s*(?:off|skip))")
SILENCED_WITH_REASON = re.compile(
    r"#\s*(?:noqa:\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*|type:\s*ignore\[[\w-]+(?:,\s*[\w-]+)*\]"
    r"|pragma:\s*no (?:cover|branch)|fmt:\s*(?:off|skip))"
    r"\s*(?:#|-|:)\s*\w+\W+\w+"
)
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
PLACE = re.compile(r"\[[^\]]*\]\(([^)#\s]*)#([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)


def faults_of_text(text: str) -> list[str]:
    return [
        f"line {number}: {fault}"
        for number, line in enumerate(text.splitlines(), start=1)
        for rule, fault in (
            (REGISTRY, "names a package registry's host"),
            (MACHINE_PATH, "names a path of one machine"),
        )
        if rule.search(line)
    ]


def faults_of_silence(source: str) -> list[str]:
    faults = [
        f"line {number}: a check is silenced without saying which and why"
        for number, line in enumerate(source.splitlines(), start=1)
        if SILENCED.search(line) and not SILENCED_WITH_REASON.search(line)
    ]
    # A marker may spread over lines: look at it whole.
    for found in re.finditer(r"pytest\.mark\.(?:skip|skipif|xfail)\b\s*(\([^@]*?\)\s*\n)?", source):
        if "reason=" not in found.group(0):
            faults.append("a test is put aside without saying why")
    return faults


def broken_links(path: Path, text: str) -> list[str]:
    prose = FENCE.sub("", text)
    return [
        target
        for target in LINK.findall(prose)
        if "://" not in target
        and not target.startswith(("mailto:", "/"))
        and not (path.parent / target).exists()
    ]


def places_in(text: str) -> set[str]:
    """What a link may name in a page: each heading, as it is made into an address."""
    shown = [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", one) for one in HEADING.findall(text)]
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in shown}


def broken_places(path: Path, text: str) -> list[str]:
    """The links to a heading of this page or another that has no such heading."""
    broken = []
    for target, place in PLACE.findall(FENCE.sub("", text)):
        page = path.parent / target if target else path
        if "://" in target or page.suffix != ".md" or not page.exists():
            continue
        if place not in places_in(FENCE.sub("", page.read_text(encoding="utf-8"))):
            broken.append(f"{target}#{place}")
    return broken


def test_no_file_names_a_registry_or_a_path_of_one_machine() -> None:
    found = {named(path): faults_of_text(read(path) or "") for path in project_files()}
    assert {name: faults for name, faults in found.items() if faults} == {}


def test_no_check_is_silenced_without_a_reason() -> None:
    sources = [path for path in project_files() if path.suffix == ".py" and path != Path(__file__)]
    found = {named(path): faults_of_silence(read(path) or "") for path in sources}
    assert {name: faults for name, faults in found.items() if faults} == {}


def test_types_are_silenced_only_where_they_are_checked() -> None:
    """The type check reads what is shipped: elsewhere a word to it says nothing to anybody."""
    elsewhere = [
        path
        for path in project_files()
        if path.suffix == ".py"
        and path != Path(__file__)
        and path.relative_to(ROOT).parts[0] in ("tests", "scripts")
    ]
    assert elsewhere
    assert [named(path) for path in elsewhere if "# type: " + "ignore" in (read(path) or "")] == []


def test_every_link_in_the_documents_leads_somewhere() -> None:
    pages = [path for path in project_files() if path.suffix == ".md"]
    assert pages
    found = {named(path): broken_links(path, read(path) or "") for path in pages}
    assert {name: links for name, links in found.items() if links} == {}


def test_every_heading_that_a_link_names_is_there() -> None:
    pages = [path for path in project_files() if path.suffix == ".md"]
    found = {named(path): broken_places(path, read(path) or "") for path in pages}
    assert {name: links for name, links in found.items() if links} == {}


@pytest.mark.parametrize(
    "line",
    ["see " + "/ho" + "me/ann/front", "pip -i https://" + REGISTRIES[0], "cd " + "/wo" + "rk/it"],
)
def test_a_text_that_tells_of_a_machine_is_found(line: str) -> None:
    assert faults_of_text(line) != []


def test_a_path_that_every_machine_has_is_no_fault() -> None:
    assert (
        faults_of_text("/tmp/x /var/lib/frontdoor /v1/contacts api/wor" + "k/x ~/wor" + "k/y") == []
    )


@pytest.mark.parametrize(
    "line",
    [
        "x = 1  # noqa",
        "x = 1  # noqa: S101",
        "x = 1  # type: ignore",
        "x = 1  # type: ignore[no-any-return]",
        "x = 1  # pragma: no cover",
        "@pytest.mark.skip\ndef test_x(): ...",
        "@pytest.mark.xfail(strict=True)\ndef test_x(): ...",
    ],
)
def test_a_silenced_check_without_a_reason_is_found(line: str) -> None:
    assert faults_of_silence(line) != []


@pytest.mark.parametrize(
    "line",
    [
        "x = 1  # noqa: S608 - the table's name is a constant",
        "x = 1  # type: ignore[no-any-return]  # the library says Any",
        "@pytest.mark.skip(reason='needs root')\ndef test_x(): ...",
    ],
)
def test_a_silenced_check_with_a_reason_is_no_fault(line: str) -> None:
    assert faults_of_silence(line) == []


def test_a_link_that_leads_nowhere_is_found() -> None:
    assert broken_links(ROOT / "README.md", "[gone](docs/no-such-page.md)") != []


def test_a_link_to_a_heading_that_is_not_there_is_found() -> None:
    readme = ROOT / "README.md"
    assert broken_places(readme, "[x](docs/glossary.md#the-houses-own-words)") == []
    assert broken_places(readme, "[x](docs/glossary.md#gone)\n## Here\n[y](#here)") != []
