"""A database URL as councils' suppliers write it: understood, or refused in words that help."""

from pathlib import Path

import pytest

from service.database_urls import PostgresqlPlace, database_url_faults, postgresql_place

DATABASE = "postgresql://frontdoor:w0rd@db.example:5433/frontdoor"


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?sslmode=require",
        "?sslmode=verify-full&sslrootcert=system",
        "?application_name=frontdoor&connect_timeout=10",
        "?connect_timeout=0",
        "?target_session_attrs=read-write",
        "?target_session_attrs=primary",
        "?options=-c%20search_path%3Dfrontdoor",
        "?keepalives=1&keepalives_idle=30&keepalives_interval=10&keepalives_count=3",
        "?channel_binding=prefer&gssencmode=disable&client_encoding=UTF8",
        "?ssl=true",
        "?ssl_min_protocol_version=TLSv1.3",
        "?fallback_application_name=psql&tcp_user_timeout=1000&sslsni=1&sslcompression=0",
        "?load_balance_hosts=disable",
    ],
)
def test_the_words_of_libpq_are_understood(query: str) -> None:
    assert database_url_faults(f"{DATABASE}{query}") == ()
    place = postgresql_place(f"{DATABASE}{query}")
    assert place.dsn.startswith("postgresql://frontdoor:w0rd@db.example:5433/frontdoor")
    where = (place.user, place.host, place.port, place.database)
    assert where == ("frontdoor", "db.example", 5433, "frontdoor")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://u@h/d", "must be a sqlite or a postgresql URL"),
        ("postgresql+psycopg://u@h/d", "must be a sqlite or a postgresql URL"),
        ("frontdoor", "must be a sqlite or a postgresql URL"),
        ("", "must be a sqlite or a postgresql URL"),
        ("postgresql://u:pa@ss:w0rd@h:x/d", "is not a URL: a password with signs"),
        ("postgresql://u@h:0/d", "is not a URL"),
        ("postgresql://u@h:70000/d", "is not a URL"),
        ("postgresql://u@[::1/d", "is not a URL"),
        ("postgresql://u@h/d?sslmode", "is not a URL"),
        (
            "postgresql://u@h/d?sslmode=on",
            "sslmode: may be disable, allow, prefer, require",
        ),
        ("postgresql://u@h/d?sslmode=require&sslmode=disable", "sslmode: is said twice"),
        ("postgresql://u@h/d?ssl=maybe", "ssl: say sslmode, one of"),
        (
            "postgresql://u@h/d?sslrootcert=/nowhere/ca.pem",
            "sslrootcert: names no file",
        ),
        ("postgresql://u@h/d?sslkey=", "sslkey: names no file that is here"),
        ("postgresql://u@h/d?connect_timeout=soon", "connect_timeout: is a whole number"),
        ("postgresql://u@h/d?target_session_attrs=rw", "target_session_attrs: may be any, primary"),
        ("postgresql://u@h/d?channel_binding=require", "channel_binding: may be disable, prefer"),
        ("postgresql://u@h/d?gssencmode=require", "gssencmode: may be disable, prefer"),
        ("postgresql://u@h/d?client_encoding=latin1", "client_encoding: may be utf8"),
        ("postgresql://u@h/d?load_balance_hosts=random", "load_balance_hosts: may be disable"),
        ("postgresql://u@h/d?schema=public", "schema: is no word of a PostgreSQL URL"),
        ("postgresql://u@h/d?w0rd%26=1", "a word of it: is no word of a PostgreSQL URL"),
    ],
)
def test_what_is_not_understood_is_refused_in_one_sentence_that_repeats_nothing(
    url: str, said: str
) -> None:
    (fault,) = database_url_faults(url)
    assert said in fault
    assert "w0rd" not in fault
    if not url.startswith("mysql") and "://" in url:
        with pytest.raises(ValueError, match=r".") as refused:
            postgresql_place(url)
        assert "w0rd" not in str(refused.value)


def place(rest: str) -> PostgresqlPlace:
    return postgresql_place(f"postgresql://{rest}")


def test_several_hosts_are_tried_in_turn() -> None:
    found = place("u@db1.example:5432,db2.example:5433/d?target_session_attrs=primary")
    assert (found.host, found.port) == ("db1.example", 5432)
    assert "db1.example:5432,db2.example:5433" in found.dsn
    assert "target_session_attrs=primary" in found.dsn


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+asyncpg"])
def test_every_name_of_the_scheme_will_do(scheme: str) -> None:
    assert postgresql_place(f"{scheme}://u@h/d").dsn == "postgresql://u@h/d"


def test_a_socket_is_named_by_its_folder() -> None:
    found = place("frontdoor@/frontdoor?host=/var/run/postgresql")
    assert (found.host, found.database) == ("/var/run/postgresql", "frontdoor")
    assert "host=%2Fvar%2Frun%2Fpostgresql" in found.dsn or "host=/var/run" in found.dsn


def test_what_the_session_is_told_does_not_go_by_the_drivers_way() -> None:
    found = place("u@h/d?application_name=Front%20Door&options=-c%20work_mem%3D8MB&sslmode=require")
    assert found.session == {"application_name": "Front Door", "options": "-c work_mem=8MB"}
    assert found.dsn == "postgresql://u@h/d?sslmode=require"


@pytest.mark.parametrize(("said", "seconds"), [("0", None), ("1", 2.0), ("10", 10.0), ("", None)])
def test_a_connection_is_waited_for_as_long_as_the_url_says(
    said: str, seconds: float | None
) -> None:
    query = f"?connect_timeout={said}" if said else ""
    assert place(f"u@h/d{query}").connect_seconds == seconds


def test_the_authorities_that_the_machine_trusts_are_named_in_a_word() -> None:
    found = place("u@h/d?sslmode=require&sslrootcert=system")
    assert found.trusts_the_system
    assert found.dsn == "postgresql://u@h/d?sslmode=verify-full"


def test_a_file_that_is_there_is_taken(tmp_path: Path) -> None:
    authority = tmp_path / "council authority.pem"
    authority.touch()
    found = place(f"u@h/d?sslmode=verify-full&sslrootcert={authority}".replace(" ", "%20"))
    assert "council%20authority.pem" in found.dsn
