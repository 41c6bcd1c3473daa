"""Makes and opens the file of the database: checks, settings, what must be durable before."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from skybatch.errors import StoreUnusable
from skybatch.store.migrate import APPLICATION_ID, check_version, migrate

FILE = "skybatch.db"
_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

# FULL: with NORMAL, 291 of 300 replayed power cuts lost acknowledged commits. mmap off: a damaged
# disk is an error, not a crash. auto_vacuum must be set before the first table.
WRITER_SETTINGS = """
PRAGMA busy_timeout = 5000;
PRAGMA synchronous = FULL;
PRAGMA foreign_keys = ON;
PRAGMA wal_autocheckpoint = 1000;
PRAGMA journal_size_limit = 67108864;
PRAGMA mmap_size = 0;
PRAGMA cache_size = -16384;
PRAGMA temp_store = MEMORY;
PRAGMA trusted_schema = OFF;
PRAGMA cell_size_check = ON;
"""

READER_SETTINGS = """
PRAGMA busy_timeout = 5000;
PRAGMA query_only = ON;
PRAGMA wal_autocheckpoint = 0;
PRAGMA mmap_size = 0;
PRAGMA cache_size = -8192;
PRAGMA temp_store = MEMORY;
PRAGMA trusted_schema = OFF;
PRAGMA cell_size_check = ON;
"""


def address(path: Path, mode: str) -> str:
    """The URI by which SQLite opens an existing file to read (`ro`) or also to write (`rw`)."""
    return f"{path.absolute().as_uri()}?mode={mode}"


LIBRARY = sqlite3.sqlite_version


def version(db: sqlite3.Connection) -> str:
    """Of SQLite, as the database tells it."""
    return str(db.execute("SELECT sqlite_version()").fetchone()[0])


def is_damage(error: sqlite3.Error) -> bool:
    """Whether SQLite says that the file is not as it wrote it."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGE


def create(path: Path) -> None:
    """Make a new database under another name, and rename it when it is whole and on disk.

    Raises StoreUnusable. The log of a database that is gone would be replayed into the new one.
    """
    if path.with_name(path.name + "-wal").exists():
        raise StoreUnusable(
            f"{path} is gone, but its log {path.name}-wal is there: "
            "put the database back, or move the log away"
        )
    try:
        _create(path, path.with_name(path.name + ".new"))
    except (sqlite3.Error, OSError) as error:
        raise StoreUnusable(f"{path} cannot be made: {error}") from error


def _create(path: Path, draft: Path) -> None:
    draft.unlink(missing_ok=True)
    db = sqlite3.connect(draft, isolation_level=None)
    try:
        db.executescript("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = MEMORY;")
        db.execute("PRAGMA synchronous = OFF")  # nobody's file yet: synced as a whole, below
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        migrate(db)
        db.execute("PRAGMA journal_mode = WAL")
    finally:
        db.close()
    _sync(draft, os.O_RDONLY)
    draft.rename(path)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable. Raises OSError."""
    _sync(path, os.O_RDONLY | os.O_DIRECTORY)


def _sync(path: Path, flags: int) -> None:
    handle = os.open(path, flags | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def open_writing(path: Path) -> sqlite3.Connection:
    """The writing connection, settings applied. Raises StoreUnusable; leaves a foreign file alone.

    Nothing here opens the file other than through SQLite: closing any other handle on it would
    drop the POSIX locks of this process.
    """
    try:
        if path.stat().st_size == 0:
            raise StoreUnusable(f"{path} is empty: restore it from a backup, or move it away")
        # Without a log there is nothing to miss in a file that is called immutable, and no file
        # beside it is made to read it.
        log_or_not = "" if path.with_name(path.name + "-wal").exists() else "&immutable=1"
        with closing(sqlite3.connect(address(path, "ro") + log_or_not, uri=True)) as db:
            _check_is_ours(db, path)
        db = sqlite3.connect(address(path, "rw"), uri=True, isolation_level=None)
        try:
            _prepare(db, path)
        except BaseException:
            db.close()
            raise
    except sqlite3.DatabaseError as error:
        advice = ": restore it from a backup, or move it away" if is_damage(error) else ""
        raise StoreUnusable(f"{path} cannot be opened: {error}{advice}") from error
    except UnicodeDecodeError as error:  # so garbled that SQLite's own words are no text
        raise StoreUnusable(
            f"{path} cannot be opened, its schema is not readable: "
            "restore it from a backup, or move it away"
        ) from error
    except (sqlite3.Error, OSError) as error:
        raise StoreUnusable(f"{path} cannot be opened: {error}") from error
    return db


def _check_is_ours(db: sqlite3.Connection, path: Path) -> None:
    """On a connection that only reads: one that may write would fold the log of a file that is not
    for us into it when it is closed."""
    db.execute("PRAGMA busy_timeout = 5000")
    (application_id,) = db.execute("PRAGMA application_id").fetchone()
    if application_id != APPLICATION_ID:
        raise StoreUnusable(f"{path} is not a database of skybatch")
    check_version(db, path)


def _prepare(db: sqlite3.Connection, path: Path) -> None:
    db.executescript("PRAGMA busy_timeout = 5000; PRAGMA mmap_size = 0;")
    migrate(db)
    (mode,) = db.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise StoreUnusable(f"{path} cannot be put in WAL mode on this file system")
    db.executescript(WRITER_SETTINGS)
    db.row_factory = sqlite3.Row


def data_folder(path: str) -> Path:
    """Make the folder, durably: a power cut must not take it away with all that is in it.

    Raises StoreUnusable.
    """
    folder = Path(path)
    whole = folder.absolute()
    missing = [each for each in (whole, *whole.parents) if not each.exists()]
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for made in missing:
            sync_folder(made.parent)
    except OSError as error:
        raise StoreUnusable(f"{folder} cannot be used: {error.strerror}") from error
    return folder
