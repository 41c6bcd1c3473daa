"""Brings the schema up to date, one numbered file after the other, each in one transaction."""

import sqlite3
from importlib.resources import files
from pathlib import Path

from skybatch.errors import StoreUnusable
from skybatch.store.domains import key_of

APPLICATION_ID = 0x534B5942  # "SKYB" in the header of the file


def _migrations() -> list[tuple[int, str]]:
    folder = files("skybatch.store") / "migrations"
    scripts = [item for item in folder.iterdir() if item.name.endswith(".sql")]
    return sorted((int(item.name[:4]), item.read_text("utf-8")) for item in scripts)


def newest() -> int:
    """The schema version that this skybatch writes."""
    return _migrations()[-1][0]


def check_version(db: sqlite3.Connection, path: Path) -> None:
    """Raises StoreUnusable, which names the file, for one that is newer than this skybatch."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version > newest():
        raise StoreUnusable(
            f"{path} has schema {version}, this skybatch knows up to {newest()}: "
            "it was written by a newer version"
        )


def migrate(db: sqlite3.Connection) -> None:
    """Apply what is missing. References between tables must not be enforced."""
    db.create_function("domain_key", 1, key_of, deterministic=True)
    (version,) = db.execute("PRAGMA user_version").fetchone()
    for number, script in _migrations():
        if number > version:
            db.executescript(f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};COMMIT;")
