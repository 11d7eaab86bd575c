"""Settings that would let anybody in, or nobody, refuse to start and say everything at once."""

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from service.domain.access import Role
from service.issuers import is_loopback
from service.settings import (
    Settings,
    SettingsFaulty,
    kept_secret,
    load_settings,
)

SECRET = "s3cret-" * 8
DATABASE = "postgresql://frontdoor@db.example/frontdoor"
COUNCIL: dict[str, Any] = {
    "issuer": "https://login.example.gov.uk",
    "audience": "frontdoor",
    "jwks_url": "https://login.example.gov.uk/keys",
    "algorithms": ["RS256"],
    "may_assert_roles": ["mash_worker", "mash_manager"],
}
POLICE: dict[str, Any] = {
    **COUNCIL,
    "issuer": "https://login.example.police.uk",
    "may_assert_roles": ["partner_system"],
}


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.upper().startswith("FRONTDOOR_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("FRONTDOOR_DATABASE_URL", DATABASE)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def sound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONTDOOR_ISSUERS", json.dumps([COUNCIL]))
    monkeypatch.setenv("FRONTDOOR_SECRET_KEY", SECRET)


def faults(**given: Any) -> tuple[str, ...]:
    with pytest.raises(SettingsFaulty) as refused:
        load_settings(**given)
    return refused.value.faults


@pytest.mark.usefixtures("sound")
def test_sound_settings_start_with_safe_defaults() -> None:
    settings = load_settings()
    assert settings.environment == "production"
    assert settings.host == "127.0.0.1"
    assert settings.development_issuer is False
    assert settings.database_url == DATABASE
    assert settings.issuers[0].may_assert_roles == {Role.mash_worker, Role.mash_manager}
    assert settings.secret_bytes() == SECRET.encode()
    assert not Path("var").exists()


@pytest.mark.usefixtures("sound")
def test_settings_cannot_be_changed_while_the_service_runs() -> None:
    settings = load_settings()
    with pytest.raises(ValueError, match="frozen"):
        settings.host = "0.0.0.0"  # noqa: S104 - nothing listens there


def test_without_anything_the_service_refuses_to_start_and_says_all_that_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("FRONTDOOR_DATABASE_URL")
    found = faults()
    assert [one.partition(":")[0] for one in found] == [
        "FRONTDOOR_ISSUERS",
        "FRONTDOOR_SECRET_KEY",
        "FRONTDOOR_DATABASE_URL",
    ]


@pytest.mark.usefixtures("sound")
@pytest.mark.parametrize("serving", [True, False], ids=["serving", "migrating"])
def test_in_production_the_database_is_named_or_nothing_is_touched(
    monkeypatch: pytest.MonkeyPatch, serving: bool
) -> None:
    monkeypatch.delenv("FRONTDOOR_DATABASE_URL")
    with pytest.raises(SettingsFaulty) as refused:
        load_settings(serving=serving)
    (fault,) = refused.value.faults
    assert fault.startswith("FRONTDOOR_DATABASE_URL: missing: in production name the database")
    monkeypatch.setenv("FRONTDOOR_ENVIRONMENT", "development")
    kept = load_settings(serving=serving).database_url
    assert kept == "sqlite+aiosqlite:///var/frontdoor.sqlite3"
    monkeypatch.setenv("FRONTDOOR_ENVIRONMENT", "production")
    monkeypatch.setenv("FRONTDOOR_DATABASE_URL", kept)
    assert load_settings(serving=serving).database_url == kept


KUBERNETES = {
    "FRONTDOOR_SERVICE_HOST": "10.96.12.7",
    "FRONTDOOR_SERVICE_PORT": "8000",
    "FRONTDOOR_SERVICE_PORT_HTTP": "8000",
    "FRONTDOOR_PORT": "tcp://10.96.12.7:8000",
    "FRONTDOOR_PORT_8000_TCP": "tcp://10.96.12.7:8000",
    "FRONTDOOR_PORT_8000_TCP_PROTO": "tcp",
    "FRONTDOOR_PORT_8000_TCP_PORT": "8000",
    "FRONTDOOR_PORT_8000_TCP_ADDR": "10.96.12.7",
    "FRONTDOOR_API_SERVICE_HOST": "10.96.12.8",
    "FRONTDOOR_API_PORT": "tcp://10.96.12.8:8000",
    "FRONTDOOR_API_PORT_8000_TCP_ADDR": "10.96.12.8",
}


@pytest.mark.usefixtures("sound")
def test_what_a_platform_says_of_a_service_of_our_name_is_no_setting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in KUBERNETES.items():
        monkeypatch.setenv(name, value)
    assert load_settings().port == 8000
    assert load_settings(serving=False).port == 8000
    assert load_settings(port=8123).port == 8123
    monkeypatch.setenv("FRONTDOOR_PORT", "8123")
    assert load_settings().port == 8123


@pytest.mark.usefixtures("sound")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FRONTDOOR_PROT", "tcp://10.96.12.7:8000"),
        ("FRONTDOOR_API_PORT", "8000"),
        ("FRONTDOOR_SERVICE", "10.96.12.7"),
        ("FRONTDOOR_PORT_8000", "8000"),
    ],
)
def test_a_misspelt_setting_is_still_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    assert faults() == (f"{name}: there is no such setting",)


SECRETS = {
    "SECRET_KEY": SECRET,
    "DATABASE_URL": "postgresql://frontdoor:w0rd@db.example/frontdoor",
    "METRICS_TOKEN": "a-token-for-metrics",
}


@pytest.mark.usefixtures("sound")
def test_secrets_are_read_from_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in SECRETS.items():
        monkeypatch.delenv(f"FRONTDOOR_{name}", raising=False)
        file = tmp_path / name
        file.write_text(f"{value}\n", encoding="utf-8")
        monkeypatch.setenv(f"FRONTDOOR_{name}_FILE", str(file))
    settings = load_settings()
    assert settings.secret_bytes() == SECRET.encode()
    assert settings.database_url == SECRETS["DATABASE_URL"]
    assert settings.metrics_token is not None
    assert settings.metrics_token.get_secret_value() == SECRETS["METRICS_TOKEN"]
    assert "w0rd" not in repr(settings)
    assert load_settings(serving=False).database_url == SECRETS["DATABASE_URL"]


@pytest.mark.usefixtures("sound")
@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_that_cannot_be_had_from_its_file_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    setting = f"FRONTDOOR_{name}"
    file = tmp_path / "secret"
    monkeypatch.setenv(f"{setting}_FILE", str(file))
    monkeypatch.setenv(setting, SECRETS[name])
    assert faults() == (
        f"{setting}: is given twice, by itself and by {setting}_FILE: leave one out",
    )
    monkeypatch.delenv(setting)
    assert f"{setting}_FILE: is not a file that can be read" in faults()
    for content in (b"", b" \n", b"\xff\xfe\x00", b"x" * 65_537):
        file.write_bytes(content)
        assert any(one.startswith(f"{setting}_FILE: ") for one in faults())


def test_only_a_secret_may_stand_in_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONTDOOR_HOST_FILE", "/run/secrets/host")
    assert "FRONTDOOR_HOST_FILE: there is no such setting" in faults()


@pytest.mark.usefixtures("sound")
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"issuer": ""}, "issuer is missing"),
        ({"audience": ""}, "audience is missing"),
        ({"algorithms": []}, "algorithms are missing"),
        ({"algorithms": ["RS256", "HS256"]}, "algorithms may only be RS256, RS512, ES256"),
        ({"algorithms": ["none"]}, "algorithms may only be"),
        ({"algorithms": ["PS256"]}, "algorithms may only be"),
        ({"jwks_url": ""}, "jwks_url is missing"),
        ({"jwks_url": "http://login.example.gov.uk/keys"}, "jwks_url must be https"),
        ({"jwks_url": "file:///etc/passwd"}, "jwks_url must be an https URL"),
        ({"jwks_url": "https://"}, "jwks_url must be an https URL"),
        ({"jwks_url": "https://me:word@login.example/"}, "must not carry a user name"),
        ({"jwks_url": "https://[::1/"}, "jwks_url is not a URL"),
        ({"may_assert_roles": []}, "may_assert_roles is missing"),
        ({"issuer": "https://development-issuer.invalid/"}, "development issuer's name"),
        ({"longest_lifetime_minutes": 91}, "longest_lifetime_minutes: Input should be less"),
        ({"longest_lifetime_minutes": 0}, "longest_lifetime_minutes: Input should be greater"),
        ({"back_dated_minutes": 6}, "back_dated_minutes: Input should be less"),
        ({"role_names": {"Heads": "head_of_service"}}, "which may_assert_roles leaves out"),
        ({"application_scope_claim": "roles"}, "application_scope_claim needs clients"),
        (
            {"clients": {"6f1": "oakwood"}, "organisations": ["hillshire-police"]},
            "clients names an organisation that organisations leaves out",
        ),
        (
            {"required_claims": {"tid": []}},
            "required_claims.tid: Value should have at least 1",
        ),
    ],
)
def test_an_issuer_that_is_not_safe_to_believe_stops_the_start(
    change: dict[str, Any], said: str
) -> None:
    (fault,) = faults(issuers=[{**COUNCIL, **change}])
    assert said in fault


@pytest.mark.usefixtures("sound")
@pytest.mark.parametrize("missing", ["issuer", "audience", "algorithms", "jwks_url"])
def test_an_issuer_with_a_part_left_out_stops_the_start(missing: str) -> None:
    (fault,) = faults(issuers=[{k: v for k, v in COUNCIL.items() if k != missing}])
    assert fault.startswith(f"FRONTDOOR_ISSUERS[0]: {missing} ")


@pytest.mark.usefixtures("sound")
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "127.8.8.8"])
def test_plain_http_keys_are_taken_from_this_machine_alone(host: str) -> None:
    url = f"http://{host}:8080/keys"
    assert load_settings(issuers=[{**COUNCIL, "jwks_url": url}]).issuers[0].jwks_url == url


@pytest.mark.usefixtures("sound")
def test_the_same_issuer_twice_stops_the_start() -> None:
    assert "named twice" in faults(issuers=[COUNCIL, COUNCIL])[0]


@pytest.mark.usefixtures("sound")
def test_two_issuers_for_partners_must_each_say_for_whom_they_speak() -> None:
    school = {**POLICE, "issuer": "https://login.example.sch.uk", "organisations": ["oakwood"]}
    (fault,) = faults(issuers=[COUNCIL, POLICE, school])
    assert "could speak for another's" in fault
    spoken_for = {**POLICE, "organisations": ["hillshire-police"]}
    assert len(load_settings(issuers=[COUNCIL, spoken_for, school]).issuers) == 3
    assert len(load_settings(issuers=[COUNCIL, POLICE]).issuers) == 2


@pytest.mark.usefixtures("sound")
def test_the_development_issuer_is_refused_in_production() -> None:
    (fault,) = faults(development_issuer=True)
    assert fault.startswith("FRONTDOOR_DEVELOPMENT_ISSUER: only with FRONTDOOR_ENVIRONMENT")


@pytest.mark.usefixtures("sound")
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.7", "frontdoor.local", ""])  # noqa: S104 - nothing listens there
def test_the_development_issuer_is_refused_where_others_can_reach_it(host: str) -> None:
    (fault,) = faults(environment="development", development_issuer=True, host=host)
    assert fault.startswith("FRONTDOOR_DEVELOPMENT_ISSUER: only when FRONTDOOR_HOST")


def test_every_fault_is_told_at_once_even_beside_values_that_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FRONTDOOR_PORT", "eighty")
    monkeypatch.setenv("FRONTDOOR_LOG_LEVEL", "LOUD")
    monkeypatch.setenv("FRONTDOOR_DEVELOPMENT_ISSUER", "true")
    monkeypatch.setenv("FRONTDOOR_HOST", "0.0.0.0")  # noqa: S104 - nothing listens there
    monkeypatch.setenv("FRONTDOOR_POLICY_FILE", "nowhere.toml")
    monkeypatch.setenv("FRONTDOOR_DATABASE_URL", "mysql://db/frontdoor")
    monkeypatch.setenv("FRONTDOOR_ISSUERS", json.dumps([{**COUNCIL, "algorithms": []}]))
    monkeypatch.setenv("FRONTDOOR_SECRET_KEY", "short")
    monkeypatch.setenv("FRONTDOOR_DEVELOPMENT_ISSUR", "true")
    found = faults()
    assert sorted(fault.split(":")[0] for fault in found) == [
        "FRONTDOOR_DATABASE_URL",
        "FRONTDOOR_DEVELOPMENT_ISSUER",
        "FRONTDOOR_DEVELOPMENT_ISSUER",
        "FRONTDOOR_DEVELOPMENT_ISSUR",
        "FRONTDOOR_ISSUERS[0]",
        "FRONTDOOR_LOG_LEVEL",
        "FRONTDOOR_POLICY_FILE",
        "FRONTDOOR_PORT",
        "FRONTDOOR_SECRET_KEY",
    ]
    assert not any("\n" in fault for fault in found)
    for sent in ("eighty", "LOUD", "mysql://", "nowhere", "short"):
        assert sent not in "\n".join(found)


def test_issuers_that_cannot_be_read_do_not_also_count_as_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FRONTDOOR_ISSUERS", "[{")
    assert [fault.split(":")[0] for fault in faults(secret_key=SECRET)] == ["FRONTDOOR_ISSUERS"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[{", "is not valid JSON"),
        ('[{"issuer": "a", "issuer": "b"}]', "a member is named twice"),
        ('{"issuer": "x"}', "one member, `issuers`"),
        ('{"issuers": {}}', "must be a list"),
        ("nowhere.toml", "neither a JSON list nor a file"),
        ("x" * 5000, "neither a JSON list nor a file"),
        ("bad.toml", "neither valid TOML nor valid JSON"),
        ("bad.json", "neither valid TOML nor valid JSON"),
        ("twice.json", "a member is named twice"),
        ('[{"isuer": "x"}]', "FRONTDOOR_ISSUERS[0].isuer: Extra inputs"),
        ('[{"may_assert_roles": ["emperor"]}]', "FRONTDOOR_ISSUERS[0].may_assert_roles"),
        ("", "no issuer is configured"),
    ],
)
def test_issuers_that_make_no_sense_are_refused_in_words(
    text: str, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "bad.toml").write_text("issuers = [", encoding="utf-8")
    (tmp_path / "bad.json").write_text("{", encoding="utf-8")
    (tmp_path / "twice.json").write_text('{"issuers": [], "issuers": []}', encoding="utf-8")
    monkeypatch.setenv("FRONTDOOR_ISSUERS", text)
    (fault,) = faults(secret_key=SECRET)
    assert said in fault


@pytest.mark.parametrize("name", ["issuers.toml", "issuers.json"])
def test_issuers_are_read_from_a_file(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    toml = """
        [[issuers]]
        issuer = "https://login.example.gov.uk"
        audience = "frontdoor"
        jwks_url = "https://login.example.gov.uk/keys"
        algorithms = ["RS256"]
        may_assert_roles = ["mash_worker", "mash_manager"]
    """
    text = toml if name.endswith("toml") else json.dumps({"issuers": [COUNCIL]})
    (tmp_path / name).write_text(text, encoding="utf-8")
    from_file = load_settings(issuers=str(tmp_path / name), secret_key=SECRET)
    monkeypatch.setenv("FRONTDOOR_ISSUERS", json.dumps([COUNCIL]))
    assert from_file.issuers == load_settings(secret_key=SECRET).issuers


@pytest.mark.usefixtures("sound")
def test_secrets_are_not_shown() -> None:
    settings = load_settings(
        metrics_token="metrics-" + SECRET, database_url="postgresql://me:pa55word@db/frontdoor"
    )
    for shown in (repr(settings), str(settings), f"{settings!r}"):
        assert "s3cret" not in shown
        assert "pa55word" not in shown


def test_a_development_secret_is_made_once_and_kept_to_its_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FRONTDOOR_DATABASE_URL")
    given: dict[str, Any] = {
        "environment": "development",
        "development_issuer": True,
        "var_folder": tmp_path / "kept",
    }
    first = load_settings(**given).secret_bytes()
    assert len(first) >= 32
    assert load_settings(**given).secret_bytes() == first
    file = tmp_path / "kept" / "secret_key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.name for one in file.parent.iterdir()] == ["secret_key"]
    assert load_settings(**given).database_url.endswith("/kept/frontdoor.sqlite3")


def test_settings_that_were_never_loaded_have_no_secret_to_sign_with() -> None:
    with pytest.raises(SettingsFaulty, match="SECRET_KEY"):
        Settings().secret_bytes()


def test_of_two_processes_that_start_together_the_first_secret_wins(tmp_path: Path) -> None:
    path = tmp_path / "secret"

    def make_slowly() -> bytes:
        assert kept_secret(path, lambda: b"of the other") == b"of the other"
        return b"of this one"

    assert kept_secret(path, make_slowly) == b"of the other"


def test_a_kept_secret_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"open")
    path.chmod(0o644)
    assert kept_secret(path, lambda: b"other") == b"open"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("host", "is_ours_alone"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("::1", True),
        ("0.0.0.0", False),  # noqa: S104 - nothing listens there
        ("::", False),
        ("192.168.0.1", False),
        ("localhost.example.com", False),
        ("127.0.0.1.example.com", False),
    ],
)
def test_loopback_is_this_machine_and_no_other(host: str, is_ours_alone: bool) -> None:
    assert is_loopback(host) is is_ours_alone


def test_every_setting_is_described() -> None:
    assert all(field.description for field in Settings.model_fields.values())
