"""Brings the schema up to date, one numbered file after the other, each in one transaction."""

import sqlite3
from importlib.resources import files

from skybatch.errors import StoreUnusable

APPLICATION_ID = 0x534B5942  # "SKYB" in the header of the file


def _migrations() -> list[tuple[int, str]]:
    folder = files("skybatch.store") / "migrations"
    scripts = [item for item in folder.iterdir() if item.name.endswith(".sql")]
    return sorted((int(item.name[:4]), item.read_text("utf-8")) for item in scripts)


def newest() -> int:
    """The schema version that this skybatch writes."""
    return _migrations()[-1][0]


def migrate(db: sqlite3.Connection) -> None:
    """Apply what is missing. Raises StoreUnusable for a file that is not ours, or is newer."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version > newest():
        raise StoreUnusable(
            f"the database has schema {version}, this skybatch knows up to {newest()}: "
            "it was written by a newer version"
        )
    for number, script in _migrations():
        if number > version:
            db.executescript(f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};COMMIT;")
