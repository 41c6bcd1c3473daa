"""The table of tokens: ids and hashes, never a secret."""

from skybatch.store.tx import Tx


def add(tx: Tx, token_id: str, secret_sha256: bytes, label: str) -> None:
    """Make a token known; one that is known already stays as it is."""
    tx.execute(
        """
        INSERT INTO tokens (id, secret_sha256, label, created_at) VALUES (?, ?, ?, ?)
        ON CONFLICT (id) DO NOTHING
        """,
        (token_id, secret_sha256, label, tx.now),
    )


def valid(tx: Tx, *, but: str = "") -> dict[str, bytes]:
    """Id and hash of every token that may be used now, but for those with a certain label."""
    rows = tx.execute(
        """
        SELECT id, secret_sha256 FROM tokens
        WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)
          AND label IS NOT ?
        """,
        (tx.now, but),
    )
    return {row["id"]: row["secret_sha256"] for row in rows}
