"""The command line as a whole: help, lazy imports, exit codes of errors."""

import os
import subprocess
import sys
from importlib import import_module

import click
import pytest
from click.testing import CliRunner

import skybatch
from skybatch.cli.exits import CommandError, Exit, exit_of, explained
from skybatch.cli.main import COMMANDS, main
from skybatch.errors import Fault, Invalid, NotFound, StoreUnusable

NAMES = [name for section in COMMANDS.values() for name in section]


def test_the_help_lists_every_command_with_its_sentence() -> None:
    result = CliRunner().invoke(main, ["--help"])
    assert result.exit_code == 0
    for commands in COMMANDS.values():
        for name, sentence in commands.items():
            assert f"{name} " in result.output
            assert sentence in result.output


@pytest.mark.parametrize("name", NAMES)
def test_every_listed_command_exists_and_explains_itself_and_its_flags(name: str) -> None:
    command = import_module(f"skybatch.cli.{name}").command
    assert command.help
    options = [item for item in command.params if isinstance(item, click.Option)]
    assert [item.name for item in options if not item.help] == []
    assert CliRunner().invoke(main, [name, "--help"]).exit_code == 0


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"serve", "demo"}))
def test_every_command_that_prints_data_speaks_json(name: str) -> None:
    command = import_module(f"skybatch.cli.{name}").command
    assert "--json" in {word for item in command.params for word in item.opts}


def test_the_help_imports_neither_the_http_client_nor_the_table_drawer() -> None:
    script = (
        "import sys\nfrom skybatch.cli.main import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "print(sorted({'aiohttp', 'rich', 'msgspec', 'structlog'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_a_script_that_completes(shell: str) -> None:
    result = CliRunner().invoke(main, ["completion", shell])
    assert result.exit_code == 0
    assert "_SKYBATCH_COMPLETE" in result.output
    assert "completion" not in CliRunner().invoke(main, ["--help"]).output


def test_names_are_completed_and_no_command_is_imported_for_it() -> None:
    words = {"COMP_WORDS": "skybatch re", "COMP_CWORD": "1", "_SKYBATCH_COMPLETE": "bash_complete"}
    script = (
        "import sys\nfrom skybatch.cli.main import main\n"
        "try: main(prog_name='skybatch')\nexcept SystemExit: pass\n"
        "print('skybatch.cli.results' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **words},
    )
    *names, is_imported = done.stdout.splitlines()
    assert names == [f"plain,{name}" for name in NAMES if name.startswith("re")]
    assert is_imported == "False"


def test_the_version_is_told() -> None:
    assert CliRunner().invoke(main, ["--version"]).output == f"skybatch {skybatch.__version__}\n"


def test_an_unknown_command_is_a_usage_error() -> None:
    result = CliRunner().invoke(main, ["statsu"])
    assert result.exit_code == 2
    assert "statsu" in result.output


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("complete", 0),
        ("pending", 0),
        ("running", 0),
        ("partial", 3),
        ("failed", 4),
        ("cancelled", 4),
    ],
)
def test_the_exit_code_tells_the_state(status: str, code: int) -> None:
    assert exit_of(status) == code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotFound(), 5),
        (StoreUnusable(), 1),
        (Invalid((Fault("a.b", "x", "is wrong"), Fault("c", "x", "too"))), 2),
        (CommandError("late", Exit.TIMED_OUT), 124),
    ],
)
def test_every_error_has_its_exit_code(error: Exception, code: int) -> None:
    assert explained(error).exit_code == code


def test_all_faults_stand_on_lines_of_their_own() -> None:
    invalid = Invalid((Fault("a.b", "x", "is wrong"), Fault("c", "x", "too")))
    assert str(explained(invalid)) == "2 faults:\n  a.b: is wrong\n  c: too"
