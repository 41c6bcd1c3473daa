"""The pages that others wrote: from packages of npm and of Debian, each page pinned by its hash."""

import hashlib
import subprocess
import tarfile
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

from tests.quality.labels import FOLDER

KEPT = FOLDER.parents[1] / "build" / "quality"


class Unlike(Exception):
    """A page is another one than the one that was labelled."""


@dataclass(frozen=True)
class Page:
    """Where a page of a package is."""

    id: str
    registry: str  # npm, deb
    package: str
    version: str  # of npm; Debian gives the one of its release
    path: str
    sha256: str

    @property
    def file(self) -> Path:
        return KEPT / f"{self.id}.html"


def pages() -> list[Page]:
    """Those of `packages.toml`."""
    told = tomllib.loads((FOLDER / "packages.toml").read_text("utf-8"))["package"]
    return [
        Page(
            page["id"],
            package["registry"],
            package["name"],
            package.get("version", ""),
            page["path"],
            page["sha256"],
        )
        for package in told
        for page in package["page"]
    ]


def fetch() -> None:
    """Get what is not here yet. Raises Unlike, naming every page that has changed."""
    KEPT.mkdir(parents=True, exist_ok=True)
    missing = [page for page in pages() if not page.file.is_file()]
    unlike = []
    for package, version, registry in sorted(
        {(page.package, page.version, page.registry) for page in missing}
    ):
        wanted = [page for page in missing if page.package == package]
        with tempfile.TemporaryDirectory() as folder:
            unpack = _npm if registry == "npm" else _deb
            root = unpack(package, version, Path(folder))
            for page in wanted:
                data = (root / page.path).read_bytes()
                if hashlib.sha256(data).hexdigest() != page.sha256:
                    unlike.append(f"{page.id}: {package} {page.path}")
                else:
                    page.file.write_bytes(data)
    if unlike:
        raise Unlike("these pages are not those that were labelled:\n  " + "\n  ".join(unlike))


def _npm(package: str, version: str, folder: Path) -> Path:
    command = ["npm", "pack", "--silent", "--pack-destination", folder, f"{package}@{version}"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    with tarfile.open(next(folder.glob("*.tgz"))) as archive:
        archive.extractall(folder, filter="data")
    return next(path for path in folder.iterdir() if path.is_dir())


def _deb(package: str, _version: str, folder: Path) -> Path:
    subprocess.run(["apt-get", "download", "-qq", package], cwd=folder, check=True)
    subprocess.run(["dpkg", "-x", next(folder.glob("*.deb")), folder / "root"], check=True)
    return folder / "root"
