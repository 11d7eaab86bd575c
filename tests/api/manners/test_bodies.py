"""What is refused in a body before any route sees it, and where the fault is said to be."""

import json

import pytest
from httpx import AsyncClient

from api.faults import shape_of
from api.json_bodies import MOST_VALUES, read_json
from service.domain.errors import FrontDoorError
from tests.api.manners.conftest import JSON, KEY
from tests.api.manners.toys import ToyCreate
from tests.support.effort import effort

CANARY = "Jane Doe 01/02/2019"
MIB = 1024 * 1024


def bodies_refused() -> list[tuple[str, bytes, int, str, str]]:
    """Name, body, status, pointer, code."""
    return [
        ("lone surrogate", rb'{"name":"\ud800"}', 422, "/name", "control_character"),
        ("surrogates reversed", rb'{"name":"\udc00\ud800"}', 422, "/name", "control_character"),
        ("NUL", rb'{"name":"a\u0000b"}', 422, "/name", "control_character"),
        ("backspace", rb'{"name":"a\bb"}', 422, "/name", "control_character"),
        ("form feed", rb'{"name":"a\fb"}', 422, "/name", "control_character"),
        ("escape", rb'{"name":"a\u001bb"}', 422, "/name", "control_character"),
        ("delete", b'{"name":"a\x7fb"}', 422, "/name", "control_character"),
        ("NUL in a name", rb'{"na\u0000me":"a"}', 422, "", "control_character"),
        ("surrogate in a name", rb'{"\ud800":"a"}', 422, "", "control_character"),
        ("raw control", b'{"name":"a\x01b"}', 400, "", "malformed"),
        ("NaN", b'{"size":NaN}', 422, "/size", "out_of_range"),
        ("Infinity", b'{"size":Infinity}', 422, "/size", "out_of_range"),
        ("-Infinity", b'{"size":-Infinity}', 422, "/size", "out_of_range"),
        ("1e400", b'{"size":1e400}', 422, "/size", "out_of_range"),
        ("1E+400", b'{"size":-1E+400}', 422, "/size", "out_of_range"),
        ("65 bits", b'{"size":18446744073709551616}', 422, "/size", "out_of_range"),
        ("64 bits", b'{"size":9223372036854775808}', 422, "/size", "out_of_range"),
        ("5000 digits", b'{"size":' + b"9" * 5000 + b"}", 400, "", "malformed"),
        ("400-digit float", b'{"size":' + b"9" * 400 + b".0}", 422, "/size", "out_of_range"),
        ("twice", b'{"name":"a","name":"b"}', 400, "", "repeated_member"),
        (
            "twice, deeper",
            b'{"name":"a","wheels":[{"spokes":1},{"spokes":1,"spokes":2}]}',
            400,
            "/wheels/1",
            "repeated_member",
        ),
        ("twice by escape", rb'{"name":"a","n\u0061me":"b"}', 400, "", "repeated_member"),
        ("deep list", b'{"note":' + b"[" * 33 + b"]" * 33 + b"}", 400, "/note", "too_deep"),
        ("very deep", b"[" * 4_000, 400, "", "malformed"),
        ("very deep objects", b'{"a":' * 4_000, 400, "", "malformed"),
        ("as deep as fits", b"[" * MIB, 400, "", "too_many_values"),
        ("objects as deep as fit", b'{"a":' * 200_000, 400, "", "too_many_values"),
        ("a text that never ends", b'"' + rb"\"" * 500_000, 400, "", "malformed"),
        ("byte order mark", b'\xef\xbb\xbf{"name":"a"}', 400, "", "malformed"),
        ("UTF-16", '{"name":"a"}'.encode("utf-16"), 400, "", "malformed"),
        ("Latin-1", b'{"name":"Zo\xeb"}', 400, "", "malformed"),
        ("surrogate in UTF-8", b'{"name":"\xed\xa0\x80"}', 400, "", "malformed"),
        ("overlong", b'{"name":"\xc0\xaf"}', 400, "", "malformed"),
        ("trailing", b'{"name":"a"} {}', 400, "", "malformed"),
        ("cut off", b'{"name":"a"', 400, "", "malformed"),
        ("comment", b'{"name":"a" /* b */}', 400, "", "malformed"),
        ("space alone", b"  ", 400, "", "malformed"),
        ("list", b"[]", 422, "", "wrong_type"),
        ("null", b"null", 422, "", None),
        ("text", b'"a"', 422, "", "wrong_type"),
        ("nothing", b"", 422, "", "missing"),
    ]


@pytest.mark.parametrize(
    ("body", "status", "pointer", "code"),
    [pytest.param(*case[1:], id=case[0]) for case in bodies_refused()],
)
async def test_a_body_that_is_not_strict_json_is_refused_by_pointer(
    anna: AsyncClient, body: bytes, status: int, pointer: str, code: str | None
) -> None:
    answer = await anna.post("/v1/toys", content=body, headers=KEY | JSON)
    told = answer.json()
    assert answer.status_code == status, told
    assert answer.headers["content-type"] == "application/problem+json"
    assert told["status"] == status
    assert told["errors"][0]["pointer"] == pointer
    if code is not None:
        assert told["errors"][0]["code"] == code


@pytest.mark.parametrize(
    "body",
    [
        '{"name":"Zoë 👶","note":"a\\tb\\r\\nc"}',
        '{"name":"\\ud83d\\udc76"}',
        '{"name":"a","size":900,"wheels":[{"spokes":1},{"spokes":2}]}',
        ' \n{"name" : "a"}\t',
        '{"name":"{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{"}',
        '{"name":"a 1e999 99999999999999999999"}',
    ],
)
async def test_a_good_body_is_read_whatever_is_in_its_texts(anna: AsyncClient, body: str) -> None:
    answer = await anna.post("/v1/toys", content=body.encode(), headers=KEY | JSON)
    assert answer.status_code == 201, answer.text
    assert answer.json()["name"] == json.loads(body)["name"]


def test_whole_numbers_at_the_edge_of_64_bits_are_read() -> None:
    assert read_json(b"[9223372036854775807,-9223372036854775808]") == [2**63 - 1, -(2**63)]
    with pytest.raises(FrontDoorError):
        read_json(b"[-9223372036854775809]")


def full_of(part: bytes, around: tuple[bytes, bytes] = (b"[", b"]")) -> bytes:
    """As many of these as fit into the greatest body."""
    return around[0] + b",".join([part] * ((MIB - 128) // (len(part) + 1))) + around[1]


COSTLY = {
    "deep lists": full_of(b"[]", (b"[" * 30, b"]" * 30)),
    "lists": full_of(b"[]"),
    "objects": full_of(b"{}"),
    "objects that say a member twice": full_of(b'{"a":1,"a":1}'),
    "no numbers": full_of(b"NaN"),
    "infinities": full_of(b"1e999"),
    "control characters": full_of(rb'"\u0001"'),
    "surrogates": full_of(rb'"\ud800"'),
    "numbers": full_of(b"1"),
    "numbers beyond 64 bits": full_of(b"9" * 20),
    "numbers of many digits": full_of(b"9" * 4_000),
    "texts": full_of(b'""'),
    "texts with brackets": full_of(b'"[[[[{{{{,,,,"'),
    "a member again and again": full_of(b'"a":1', (b"{", b"}")),
    "names": b"{%b}" % b",".join(b'"%x":1' % number for number in range(100_000)),
    "names with control characters": b"{%b}"
    % b",".join(rb'"\u0001%x":1' % number for number in range(60_000)),
    "names on the edge of too many": b"{%b}"
    % b",".join(b'"%x":1' % number for number in range(MOST_VALUES - 2)),
    "lists on the edge of too many": b"[%b]" % b",".join([b"[]"] * (MOST_VALUES // 2 - 2)),
    "no numbers on the edge of too many": b"[%b]" % b",".join([b"NaN"] * (MOST_VALUES - 2)),
    "objects twice on the edge of too many": b"[%b]"
    % b",".join([b'{"a":1,"a":1}'] * (MOST_VALUES // 4)),
}


@pytest.mark.parametrize("body", COSTLY.values(), ids=COSTLY)
async def test_what_a_body_costs_is_bounded_however_bad_it_is(
    anna: AsyncClient, body: bytes
) -> None:
    """Counted in lines of ours that run: a value takes a few, and few values are looked at."""
    assert len(body) <= MIB
    with effort() as spent:
        answer = await anna.post("/v1/toys", content=body, headers=KEY | JSON)
    assert answer.status_code in (400, 422)
    assert len(answer.json()["errors"]) <= 100
    assert spent.lines < 20 * MOST_VALUES


def test_32_levels_are_read_and_33_are_not() -> None:
    read_json(b"[" * 32 + b"]" * 32)
    with pytest.raises(FrontDoorError):
        read_json(b"[" * 33 + b"]" * 33)


@pytest.mark.parametrize(
    ("sent", "pointer", "code"),
    [
        ({"name": "a", "colour": CANARY}, "/colour", "not_in_list"),
        ({"name": CANARY * 9}, "/name", "too_long"),
        ({"name": 12345678}, "/name", "wrong_type"),
        ({"name": "   "}, "/name", "too_short"),
        ({"name": f"{CANARY}\x07b"}, "/name", "control_character"),
        ({"name": "a", "size": True}, "/size", "wrong_type"),
        ({"name": "a", "size": "5"}, "/size", "wrong_type"),
        ({"name": "a", "size": 5.5}, "/size", "wrong_type"),
        ({"name": "a", "size": 0}, "/size", "out_of_range"),
        ({"name": "a", "loud": 1}, "/loud", "wrong_type"),
        ({"name": "a", "loud": "yes"}, "/loud", "wrong_type"),
        ({"name": "a", "made_at": 1}, "/made_at", "wrong_type"),
        ({"name": "a", "made_at": 0.5}, "/made_at", "wrong_type"),
        ({"name": "a", "made_at": "1"}, "/made_at", "wrong_form"),
        ({"name": "a", "made_at": "2026-10-25"}, "/made_at", "wrong_form"),
        ({"name": "a", "made_at": "2026-10-25T09:30:00"}, "/made_at", "wrong_form"),
        ({"name": "a", "made_at": "2026-10-25 09:30"}, "/made_at", "wrong_form"),
        ({"name": "a", "made_at": "2026-10-25  09:30:00Z"}, "/made_at", "wrong_form"),
        ({"name": "a", "made_at": "2026-10-25 09:30:00 +00:00"}, "/made_at", "wrong_form"),
        ({"name": "a", "made_at": "2026-02-30T09:30:00Z"}, "/made_at", "wrong_form"),
        ({"name": "a", "made_at": "2026-10-25T09:30:60Z"}, "/made_at", "wrong_form"),
        ({"name": "a", "made_at": "2026-10-25T09:30:00+24:00"}, "/made_at", "wrong_form"),
        ({"name": "a", "made_at": "٢٠٢٦-10-25T09:30:00Z"}, "/made_at", "wrong_form"),
        ({"name": "a", "made_at": "0001-01-01T00:00:00+14:00"}, "/made_at", "wrong_form"),
        ({"name": "a", "made_at": "1899-12-31T23:59:59Z"}, "/made_at", "out_of_range"),
        ({"name": "a", "made_at": "2101-01-01T00:00:00Z"}, "/made_at", "out_of_range"),
        ({"name": "a", "bought_on": "2026-10-25T00:00:00Z"}, "/bought_on", "wrong_form"),
        ({"name": "a", "bought_on": "2026-02-30"}, "/bought_on", "wrong_form"),
        ({"name": "a", "bought_on": 20261025}, "/bought_on", "wrong_type"),
        ({"name": "a", "wheels": [{"spokes": 1}, {"spokes": "x"}]}, "/wheels/1/spokes", None),
        ({"name": "a", "wheels": [{}] * 9}, None, None),
        ({"name": "a", "wheels": {"a": 1}}, "/wheels", "wrong_type"),
        ({"name": "a", CANARY: 1}, "", "unknown_field"),
        ({"name": "a", "wheels": [{"spokes": 1, CANARY: 2}]}, "/wheels/0", "unknown_field"),
    ],
)
async def test_a_fault_is_named_by_pointer_and_never_repeats_what_was_sent(
    anna: AsyncClient, sent: dict[str, object], pointer: str | None, code: str | None
) -> None:
    answer = await anna.post("/v1/toys", json=sent, headers=KEY)
    told = answer.json()
    assert answer.status_code == 422, told
    assert told["code"] == "invalid"
    pointers = {fault["pointer"] for fault in told["errors"]}
    assert pointer is None or pointers == {pointer}
    assert code is None or told["errors"][0]["code"] == code
    assert "Jane" not in answer.text
    assert "01/02" not in answer.text
    assert "input" not in answer.text


async def test_a_misspelt_field_is_told_the_nearest_name_and_not_its_own(
    anna: AsyncClient,
) -> None:
    answer = await anna.post("/v1/toys", json={"name": "a", "bougt_on": "x"}, headers=KEY)
    [fault] = answer.json()["errors"]
    assert fault["pointer"] == ""
    assert "did you mean bought_on" in fault["message"]
    assert "bougt_on" not in answer.text


async def test_a_fault_below_an_unknown_name_points_at_what_the_contract_knows() -> None:
    body = b'{"name":"a","Jane Doe":{"a":1,"a":2}}'
    with pytest.raises(FrontDoorError) as refused:
        read_json(body, shape_of(ToyCreate))
    assert {fault.pointer for fault in refused.value.problems} == {""}


async def test_a_body_made_of_faults_is_answered_shortly(anna: AsyncClient) -> None:
    sent = {f"field{number}": number for number in range(MOST_VALUES - 2)}
    answer = await anna.post("/v1/toys", json=sent, headers=KEY)
    assert answer.status_code == 422
    assert len(answer.content) < 40_000
    assert len(answer.json()["errors"]) <= 100


async def test_several_faults_are_told_at_once(anna: AsyncClient) -> None:
    sent = {"size": "x", "loud": 3, "made_at": "now"}
    answer = await anna.post("/v1/toys", json=sent, headers=KEY)
    assert {fault["pointer"] for fault in answer.json()["errors"]} == {
        "/name",
        "/size",
        "/loud",
        "/made_at",
    }


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=latin-1",
        "application/json; version=2",
        "application/problem+json",
        "application/jsonx",
    ],
)
async def test_a_body_that_is_not_declared_as_json_is_415(
    anna: AsyncClient, content_type: str | None
) -> None:
    headers = KEY | ({"Content-Type": content_type} if content_type else {})
    answer = await anna.post("/v1/toys", content=b'{"name":"a"}', headers=headers)
    assert answer.status_code == 415
    assert answer.json()["code"] == "media_type_not_supported"


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        'Application/JSON;charset="UTF-8"',
    ],
)
async def test_json_in_utf_8_is_read_however_it_is_spelt(
    anna: AsyncClient, content_type: str
) -> None:
    answer = await anna.post(
        "/v1/toys", content=b'{"name":"a"}', headers=KEY | {"Content-Type": content_type}
    )
    assert answer.status_code == 201


async def test_a_body_where_none_is_read_is_refused(anna: AsyncClient) -> None:
    answer = await anna.request("GET", "/v1/toys", content=b"{}", headers=JSON)
    assert answer.status_code == 400
    assert answer.json()["code"] == "body_not_expected"


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "deflate", "identity, gzip", "x"])
async def test_a_body_that_is_said_to_be_encoded_is_415(anna: AsyncClient, encoding: str) -> None:
    headers = KEY | JSON | {"Content-Encoding": encoding}
    answer = await anna.post("/v1/toys", content=b'{"name":"a"}', headers=headers)
    assert answer.status_code == 415
    assert answer.json()["code"] == "encoding_not_supported"
    assert answer.headers["accept-encoding"] == "identity"


async def test_a_body_that_is_said_to_be_as_it_is_is_read(anna: AsyncClient) -> None:
    headers = KEY | JSON | {"Content-Encoding": "Identity"}
    answer = await anna.post("/v1/toys", content=b'{"name":"a"}', headers=headers)
    assert answer.status_code == 201


async def test_a_body_whose_type_is_said_in_two_ways_is_415(anna: AsyncClient) -> None:
    headers = [*KEY.items(), *JSON.items(), ("Content-Type", "text/plain")]
    answer = await anna.post("/v1/toys", content=b'{"name":"a"}', headers=headers)
    assert answer.status_code == 415


async def test_who_is_calling_is_asked_before_the_body_is_judged(nobody: AsyncClient) -> None:
    for body, headers in ((b"{", KEY | JSON), (b"x", KEY), (b'{"x":1}', KEY | JSON), (b"", {})):
        answer = await nobody.post("/v1/toys", content=body, headers=headers)
        assert answer.status_code == 401, body
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_one_character_is_one_character(anna: AsyncClient) -> None:
    answer = await anna.post("/v1/toys", json={"name": "   "}, headers=KEY)
    assert answer.json()["errors"][0]["message"] == "Send at least 1 character besides spaces."
