"""`skybatch config` and `skybatch token`: what is in force and where it comes from."""

import json
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from skybatch.cli.access import find_access, token_of, url_of
from skybatch.cli.config import to_toml
from skybatch.cli.exits import CommandError
from skybatch.cli.main import main
from skybatch.config import Auth, Config, Server, Store
from skybatch.config.settings import HIDDEN, settings

ANY = ".".join("0000")


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*words: str, **env: str) -> Result:
    return CliRunner().invoke(main, list(words), env=env)


def token_file(text: str) -> Path:
    Path("data").mkdir()
    path = Path("data/token")
    path.write_text(text + "\n", "ascii")
    return path


def test_the_printed_configuration_is_toml_of_what_is_in_force() -> None:
    Path("skybatch.toml").write_text(
        '[server]\nport = 1234\n[crawl]\nexclude = ["/a b/*"]\nuntil = {email = 1}\n'
        '[fetch]\nconnect_to = {"*:80" = "127.0.0.1:81"}\n',
        "utf-8",
    )
    result = run("config", SKYBATCH_LOG__LEVEL="debug")
    assert result.exit_code == 0
    document = tomllib.loads(result.output)
    assert document["crawl"]["exclude"] == ["/a b/*"]
    assert document["crawl"]["until"] == {"email": 1}
    assert document["fetch"]["connect_to"] == {"*:80": "127.0.0.1:81"}
    lines = result.output.splitlines()
    assert "port = 1234  # skybatch.toml" in lines
    assert 'level = "debug"  # SKYBATCH_LOG__LEVEL' in lines
    assert 'host = "127.0.0.1"  # built-in' in lines
    names = {f"{section}.{key}" for section, part in document.items() for key in part}
    assert names == {setting.name for setting in settings(Config())}


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_secrets_are_hidden(form: list[str]) -> None:
    env = {
        "SKYBATCH_AUTH__TOKEN": "hunter2",
        "SKYBATCH_FETCH__PROXY": "http://u:hunter2@127.0.0.1:3128",
        "SKYBATCH_CRAWL__HEADERS": '{"Authorization": "hunter2"}',
        "SKYBATCH_WEBHOOKS__URL": "https://hooks.example/a?key=hunter2",
    }
    result = run("config", *form, **env)
    assert "hunter2" not in result.output
    assert result.output.count(HIDDEN) == 4
    assert "Authorization" in result.output


def test_the_check_tells_every_fault_and_ends_with_2() -> None:
    assert run("config", "--check").exit_code == 0
    Path("skybatch.toml").write_text("[server]\nprot = 1\n[log]\nlevel = 'x'", "utf-8")
    result = run("config", "--check")
    assert result.exit_code == 2
    assert "server.prot: [server] has no key 'prot'; did you mean \"port\"?" in result.output
    assert "log.level: level must be one of" in result.output


@given(
    st.recursive(
        st.text(st.characters(exclude_categories=["Cs"])) | st.booleans() | st.integers(-9, 9),
        lambda inner: st.lists(inner) | st.dictionaries(st.text("ab \"'\\é\n\x7f"), inner),
    )
)
def test_every_value_is_read_back_from_its_toml(value: object) -> None:
    assert tomllib.loads(f"value = {to_toml(value)}") == {"value": value}


def test_the_token_is_printed_with_its_source() -> None:
    path = token_file("skb_x")
    result = run("token")
    assert (result.exit_code, result.stdout) == (0, "skb_x\n")
    assert str(path) in result.stderr
    assert run("token", "--path").stdout == f"{path.absolute()}\n"
    shown = json.loads(run("token", "--json", **{"SKYBATCH_TOKEN": "given"}).stdout)
    assert shown == {"token": "given", "source": "SKYBATCH_TOKEN", "path": str(path.absolute())}


def test_a_configured_token_goes_before_the_token_file() -> None:
    token_file("of the file")
    by_env = run("token", **{"SKYBATCH_AUTH__TOKEN": "configured-by-env"})
    assert by_env.stdout == "configured-by-env\n"
    assert "SKYBATCH_AUTH__TOKEN" in by_env.stderr
    Path("skybatch.toml").write_text('[auth]\ntoken = "configured-by-file"\n', "utf-8")
    assert run("token").stdout == "configured-by-file\n"


def test_without_a_token_the_exit_code_is_that_of_auth() -> None:
    result = run("token")
    assert (result.exit_code, result.stdout) == (6, "")
    assert "the first start of the daemon makes" in result.stderr


def test_the_token_comes_from_the_environment_the_configuration_or_the_file() -> None:
    token_file("file")
    config = Config(auth=Auth("configured"))
    assert token_of({"SKYBATCH_TOKEN": "env"}, config).text == "env"
    assert token_of({}, config).text == "configured"
    assert token_of({}, Config()).text == "file"
    assert token_of({}, Config(store=Store("elsewhere"))).text == ""


@pytest.mark.parametrize(
    ("written", "host", "url"),
    [
        (None, "127.0.0.1", "http://127.0.0.1:9000"),
        (None, ANY, "http://127.0.0.1:9000"),
        (None, "::1", "http://[::1]:9000"),
        (None, "::", "http://[::1]:9000"),
        ("http://127.0.0.1:4711\n", "127.0.0.1", "http://127.0.0.1:4711"),
        (f"http://{ANY}:4711\n", ANY, "http://127.0.0.1:4711"),
        ("http://[::]:4711\n", "::", "http://[::1]:4711"),
    ],
)
def test_the_daemon_is_where_it_wrote_that_it_is(written: str | None, host: str, url: str) -> None:
    if written:
        Path("data").mkdir()
        Path("data/address").write_text(written, "ascii")
    assert url_of(Config(server=Server(host, 9000))) == url


def test_who_asks_another_daemon_needs_no_configuration() -> None:
    Path("skybatch.toml").write_text("[nonsense]", "utf-8")
    access = find_access({"SKYBATCH_URL": "https://scan.example/", "SKYBATCH_TOKEN": "t"})
    assert (access.url, access.token.text) == ("https://scan.example", "t")
    with pytest.raises(CommandError):
        find_access({"SKYBATCH_URL": "scan.example", "SKYBATCH_TOKEN": "t"})
