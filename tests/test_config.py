"""The configuration: precedence, types, every fault at once, and the documented file."""

import re
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

import pytest

from skybatch.config import Auth, Config
from skybatch.config.checks import CHECKS
from skybatch.config.load import load, load_without_file
from skybatch.config.settings import settings
from skybatch.crawling import additions
from skybatch.errors import Invalid
from skybatch.model.options import Options
from skybatch.model.own import OwnField

DOCUMENTED = Path(__file__).parent.parent / "skybatch.toml"


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(text: str, name: str = "skybatch.toml") -> Path:
    path = Path(name)
    path.write_text(text, "utf-8")
    return path


def faults(
    text: str = "", env: Mapping[str, str] | None = None, flags: Mapping[str, object] | None = None
) -> dict[str, str]:
    """Pointer and detail of every fault."""
    with pytest.raises(Invalid) as caught:
        load(write(text), env or {}, flags or {})
    return {fault.pointer: fault.detail for fault in caught.value.faults}


def test_without_any_source_the_defaults_are_in_force() -> None:
    assert load(None, {}, {}) == Config()


def test_the_documented_file_equals_the_built_in_defaults() -> None:
    config = load(DOCUMENTED, {}, {})
    written = {setting.name: setting.value for setting in settings(config)}
    assert written == {setting.name: setting.value for setting in settings(Config())}
    assert set(config.sources) | {"extract.field"} == set(written), "the file names every key"
    assert set(config.sources.values()) == {str(DOCUMENTED)}


def test_the_example_of_a_field_can_be_taken_as_it_stands() -> None:
    text = DOCUMENTED.read_text("utf-8")
    example = "\n".join(line[4:] for line in text.splitlines() if line.startswith("#   "))
    write(f"{text}\n{example}")
    (field,) = load(Path("skybatch.toml"), {}, {}).extract.field
    assert field.name == "opening_hours"


def test_every_key_of_the_documented_file_has_a_comment() -> None:
    lines = DOCUMENTED.read_text("utf-8").splitlines()
    keys = [index for index, line in enumerate(lines) if re.match(r"[a-z_]+ = ", line)]
    assert [lines[index] for index in keys if not lines[index - 1].startswith("# ")] == []


def test_there_is_one_check_for_every_field() -> None:
    config = Config()
    for section, checks in CHECKS.items():
        part = getattr(config, section, None)
        names = [] if part is None else [item.name for item in fields(part)]
        if section == "crawl":
            names.remove("options")
            names += [item.name for item in fields(Options)]
        assert sorted(checks) == sorted(names), section


def test_a_flag_beats_the_environment_which_beats_the_file() -> None:
    write("[server]\nhost = 'file'\nport = 1\n[workers]\ncount = 1")
    env = {"SKYBATCH_SERVER__HOST": "env", "SKYBATCH_SERVER__PORT": "2"}
    config = load(None, env, {"server.host": "flag", "store.data_dir": None})
    assert (config.server.host, config.server.port, config.workers.count) == ("flag", 2, 1)
    assert config.store.data_dir == "data"
    assert config.sources == {
        "server.host": "--host",
        "server.port": "SKYBATCH_SERVER__PORT",
        "workers.count": "skybatch.toml",
    }


def test_the_file_of_the_flag_is_read_instead_of_the_one_here() -> None:
    write("[server]\nport = 1")
    assert load(write("[workers]\ncount = 7", "other.toml"), {}, {}).server.port == 8000


def test_a_command_with_its_own_settings_reads_no_file() -> None:
    write("[server]\nport = 1\n[nonsense]")
    config = load_without_file({"SKYBATCH_LOG__LEVEL": "debug"}, {})
    assert (config.server.port, config.log.level) == (8000, "debug")


def test_the_options_of_a_batch_are_keys_of_crawl() -> None:
    write(
        '[crawl]\nscope = "domain"\nmax_depth = 3\ncontact = "ops@example.com"\nuntil = {email=1}'
    )
    crawl = load(None, {}, {}).crawl
    assert crawl.options == Options(scope="domain", max_depth=3, until={"email": 1})
    assert crawl.contact == "ops@example.com"


@pytest.mark.parametrize(
    ("variable", "text", "value"),
    [
        ("SKYBATCH_SERVER__HOST", "true", "true"),
        ("SKYBATCH_SERVER__PORT", "0", 0),
        ("SKYBATCH_WORKERS__DRAIN_S", "2.5", 2.5),
        ("SKYBATCH_WORKERS__DRAIN_S", "2", 2.0),
        ("SKYBATCH_LOG__EMOJI", "false", False),
        ("SKYBATCH_CRAWL__NEVER", '["a.example", "b.example"]', ("a.example", "b.example")),
        ("SKYBATCH_CRAWL__HEADERS", '{"X-A": "1"}', {"X-A": "1"}),
        ("SKYBATCH_FETCH__CONNECT_TO", '{"*:80": "127.0.0.1:81"}', {"*:80": "127.0.0.1:81"}),
    ],
)
def test_an_environment_variable_is_read_by_the_type_of_its_key(
    variable: str, text: str, value: object
) -> None:
    name = variable.removeprefix("SKYBATCH_").lower().replace("__", ".")
    config = load(None, {variable: text}, {})
    assert next(item.value for item in settings(config) if item.name == name) == value


@pytest.mark.parametrize("name", ["SKYBATCH_URL", "SKYBATCH_TOKEN", "SKYBATCH_REQUIRE", "HOME"])
def test_other_environment_variables_are_not_settings(name: str) -> None:
    assert load(None, {name: "x"}, {}) == Config()


def test_a_secret_may_come_from_a_file() -> None:
    Path("secret").write_text("made-up\n", "utf-8")
    config = load(None, {"SKYBATCH_AUTH__TOKEN_FILE": "secret"}, {})
    assert config.auth == Auth("made-up")
    assert config.sources == {"auth.token": "SKYBATCH_AUTH__TOKEN_FILE"}


def test_a_secret_given_twice_or_in_a_missing_file_is_a_fault() -> None:
    found = faults(env={"SKYBATCH_AUTH__TOKEN_FILE": "nowhere", "SKYBATCH_AUTH__TOKEN": "x"})
    assert list(found) == ["auth.token"]
    with pytest.raises(Invalid) as caught:
        load(None, {"SKYBATCH_AUTH__TOKEN_FILE": "nowhere", "SKYBATCH_AUTH__TOKEN": "x"}, {})
    assert len(caught.value.faults) == 2


def test_only_secrets_have_a_file_variable() -> None:
    assert list(faults(env={"SKYBATCH_SERVER__HOST_FILE": "x"})) == ["server.host_file"]


def test_all_faults_of_all_sources_are_reported_at_once() -> None:
    found = faults(
        "[server]\nprot = 1\nhost = 7\n[crwal]\nscope = 'x'\n[fetch]\nmax_redirects = -1",
        {"SKYBATCH_WORKERS__COUNT": "many", "SKYBATCH_LOGS__LEVEL": "info"},
        {"server.port": 70_000},
    )
    assert set(found) == {
        "server.prot",
        "server.host",
        "crwal",
        "fetch.max_redirects",
        "workers.count",
        "logs.level",
        "server.port",
    }
    assert found["server.prot"] == (
        """[server] has no key 'prot'; did you mean "port"? (in skybatch.toml)"""
    )
    assert 'did you mean "crawl"?' in found["crwal"]
    assert 'did you mean "log"?' in found["logs.level"]
    assert found["workers.count"].endswith("(in SKYBATCH_WORKERS__COUNT)")
    assert found["server.port"].endswith("(in --port)")


def test_a_wrong_value_is_a_fault_even_when_a_stronger_source_replaces_it() -> None:
    assert list(faults("[server]\nport = 'x'", flags={"server.port": 1})) == ["server.port"]


def test_a_file_that_cannot_be_read_is_named_beside_the_other_faults() -> None:
    with pytest.raises(Invalid) as caught:
        load(Path("missing.toml"), {"SKYBATCH_SERVER__PORT": "x"}, {})
    assert [fault.pointer for fault in caught.value.faults] == ["missing.toml", "server.port"]


@pytest.mark.parametrize("content", [b"[server\nport = 1", b"\xff\xfe"])
def test_a_file_that_is_not_toml_is_named(content: bytes) -> None:
    Path("skybatch.toml").write_bytes(content)
    with pytest.raises(Invalid) as caught:
        load(None, {}, {})
    assert [fault.code for fault in caught.value.faults] == ["malformed"]


def test_a_key_outside_of_a_section_is_a_fault() -> None:
    assert faults("server = 1")["server"] == "must be a section [server] (in skybatch.toml)"


@pytest.mark.parametrize(
    ("key", "good", "bad"),
    [
        ("server.port", ["0", "65535"], ["-1", "65536", "true", "80.0", '"80"']),
        ("server.host", ['"::"', '"localhost"'], ['""', '"a b"', '"http://x"']),
        ("auth.token", ['"abc-123"', '""'], ['"two words"', '"ümlaut"', '"a\\nb"']),
        ("store.data_dir", ['"/srv/x"'], ['""', "7"]),
        ("workers.count", ["1", "1000"], ["0", "1001"]),
        ("workers.drain_s", ["0", "0.5"], ["-1", "nan", "inf", '"1"']),
        ("crawl.scope", ['"host"'], ['"hosts"']),
        (
            "crawl.contact",
            ['""', '"https://example.com/bot"', '"a@example.com"'],
            ['"nobody"', '"https://"', '"a@b)c"', '"a@b\\nc"', '"ftp://example.com"'],
        ),
        ("crawl.never", ["[]", '["a.example"]'], ['"a.example"', '["https://a.example/"]', "[1]"]),
        ("crawl.per_ip_concurrency", ["1"], ["0", '"x"']),
        ("crawl.max_retry_after_s", ["0"], ["-1"]),
        (
            "fetch.connect_to",
            [
                "{}",
                '{"*:80" = "127.0.0.1:8080"}',
                '{"shop.example:443" = "127.0.0.5:8443"}',
                '{"a.example:80" = "[::1]:80"}',
            ],
            [
                '{"*" = "127.0.0.1:80"}',
                '{"*.example:80" = "127.0.0.1:80"}',
                '{"*:80" = "localhost:80"}',
                '{"*:80" = "127.0.0.1"}',
                '{"*:80" = "127.0.0.1:0"}',
                '{"*:99999" = "127.0.0.1:80"}',
                '{"*:80" = "::1:80"}',
                '{"*:80" = 80}',
                '["*:80"]',
            ],
        ),
        ("fetch.allow_networks", ['["127.0.0.0/8", "::1/128"]'], ['["127.0.0.1/8"]', '["x"]']),
        ("fetch.ca_file", ['""', '"here.pem"'], ['"missing.pem"', "1"]),
        (
            "fetch.proxy",
            ['""', '"http://u:p@127.0.0.1:3128"'],
            ['"127.0.0.1:3128"', '"socks5://x"'],
        ),
        ("fetch.dns_servers", ['["9.9.9.9", "127.0.0.1:53", "[::1]:53"]'], ['["dns.example"]']),
        ("fetch.max_body_bytes", ["1024"], ["0", "1.5"]),
        ("fetch.connect_timeout_s", ["0.1"], ["0", "0.0"]),
        ("fetch.max_redirects", ["0", "20"], ["21"]),
        (
            "webhooks.url",
            ['""', '"https://hooks.example"', '"http://[::1]:8080/a?b=c"'],
            [
                '"hooks.example"',
                '"https://hooks.example:port/"',
                '"https://hooks.example:99999/"',
                '"https://u:p@hooks.example/"',
                '"https:///path"',
                '"https://höoks.example/"',
                '"https://hooks.example/a b"',
                '"https://[::1/"',
            ],
        ),
        ("log.format", ['"json"', '"console"', '"auto"'], ['"text"']),
        ("log.level", ['"debug"'], ['"loud"']),
        ("log.emoji", ["true"], ["1", '"yes"']),
    ],
)
def test_a_key_accepts_and_rejects(key: str, good: list[str], bad: list[str]) -> None:
    Path("here.pem").write_text("", "utf-8")
    section, _, name = key.partition(".")
    for value in good:
        load(write(f"[{section}]\n{name} = {value}"), {}, {})
    for value in bad:
        assert list(faults(f"[{section}]\n{name} = {value}")) == [key], value


@pytest.mark.parametrize(
    "variable", ["SKYBATCH_AUTH__TOKEN", "SKYBATCH_FETCH__PROXY", "SKYBATCH_CRAWL__HEADERS"]
)
def test_no_fault_repeats_a_secret(variable: str) -> None:
    assert "hunter2" not in str(faults(env={variable: "hunter2 \n"}))


def test_fields_of_the_users_own_are_read_and_every_fault_of_them_is_told() -> None:
    good = load(
        write("[[extract.field]]\nname='hours'\nselector='.h'\n[[extract.field]]\nname='all_h'\n"
              "selector='h2'\nattribute='id'\nall=true"), {}, {}
    )  # fmt: skip
    assert good.extract.field == (
        OwnField("hours", ".h"),
        OwnField("all_h", "h2", "id", all=True),
    )
    env = {"SKYBATCH_EXTRACT__FIELD": '[{"name": "x", "selector": "p"}]'}
    assert load(None, env, {}).extract.field == (OwnField("x", "p"),)
    told = faults(
        "[[extract.field]]\nname='A b'\nselector='p'\n[[extract.field]]\nname='c'\nselect='p'\n"
        "all=1\n[[extract.field]]\nname='c'\nselector='p'"
    )["extract.field"]
    for fault in (
        "number 1: name must be lower-case letters",
        "number 2: there is no 'select'; did you mean \"selector\"?",
        "number 2: all must be true or false",
        "number 2: selector is missing",
        "'c' is there twice",
    ):
        assert fault in told
    assert faults("[extract]\nfield = 5") == {
        "extract.field": "field must be tables [[extract.field]] (in skybatch.toml)"
    }


def test_selectors_and_rules_are_tried_before_anything_starts() -> None:
    write("[[technology]]\nname = 'x'", "rules.toml")
    config = load(
        write("[extract]\ntechnologies='rules.toml'\n[[extract.field]]\nname='x'\nselector='a['"),
        {},
        {},
    )
    with pytest.raises(Invalid) as caught:
        additions(config)
    told = [fault.detail for fault in caught.value.faults]
    assert told[0] == "field 'x': 'a[' is no CSS selector"
    assert told[1].startswith("rule 1 (x): it needs one of")
