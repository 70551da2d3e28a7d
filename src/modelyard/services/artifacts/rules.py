"""What is allowed of artifacts, wherever they are kept."""

from __future__ import annotations

from urllib.parse import quote

from modelyard.core import keys
from modelyard.core.errors import InvalidParameter, NotSupported, Unavailable

MAX_PARTS = 10_000
FLOOR_BYTES = 256_000_000
FLOOR_SHARE = 0.05

PROXY_SCHEME = "mlflow-artifacts:"
PROXY_BASE = "mlflow-artifacts:/"
_PART = "/api/1.0/modelyard/artifacts/parts"


def check_parts(count: int) -> None:
    """A multipart upload has 1 to 10,000 parts."""
    if not 1 <= count <= MAX_PARTS:
        raise InvalidParameter(
            f"Invalid value {count} for parameter 'num_parts' supplied. It must be 1 to {MAX_PARTS}."
        )


def check_part_number(number: int, count: int) -> None:
    """Parts count from 1."""
    if not 1 <= number <= count:
        raise InvalidParameter(f"Invalid value {number} for parameter 'part_number' supplied. It must be 1 to {count}.")


def check_space(free: int, total: int) -> None:
    """Refuse files when the disk is nearly full, while there is still room for small writes elsewhere."""
    if free < floor(total):
        raise Unavailable("The disk is nearly full; artifacts are refused.", retry_after=30, reason="DISK_FULL")


def floor(total: int) -> int:
    """Free bytes below which artifacts are refused: 5 % of the disk, at most 256 MB."""
    return min(FLOOR_BYTES, int(total * FLOOR_SHARE))


def key_below_root(uri: str, base: str) -> str | None:
    """The key of a URI the server minted below ``base``; ``None`` for any other place.

    >>> key_below_root("mlflow-artifacts:/0/ab/artifacts", "mlflow-artifacts:/")
    '0/ab/artifacts'
    """
    root = base.rstrip("/") + "/"
    if uri.startswith(PROXY_SCHEME + "//") and not root.startswith(PROXY_SCHEME + "//"):
        return _after_host(uri, root)
    return uri.removeprefix(root) if uri.startswith(root) else None


def _after_host(uri: str, root: str) -> str | None:
    path = uri.removeprefix(PROXY_SCHEME + "//").partition("/")[2]
    return path if root.startswith(PROXY_SCHEME) else None


def check_opens(uri: str, base: str) -> str:
    """The key of a place the server may open; raises ``NotSupported`` for a location that a client named.

    The server opens only what it minted itself: a client's own ``artifact_location`` or ``source`` is stored for
    clients that reach it directly.
    """
    key = key_below_root(uri, base)
    if key is None:
        raise InvalidParameter(
            f"The artifacts at {uri!r} are kept outside this server; the server does not open them. "
            "Read them from that place directly, or let an operator allow it with --allow-root."
        )
    keys.check_folder(key)
    return key


def no_presigned_urls() -> NotSupported:
    """What stores answer that have no addresses of their own."""
    return NotSupported("This artifact store has no presigned URLs; send and fetch files through the server.")


def no_direct_url() -> InvalidParameter:
    """What a presigned address of a run's file is answered with: its bytes go through the server (400, as MLflow)."""
    return InvalidParameter(
        "Presigned URLs are only for artifacts that clients reach directly; this run's go through the server."
    )


def part_path(key: str, upload_id: str, number: int) -> str:
    """Where part ``number`` of an upload is sent: a path of this server."""
    return f"{_PART}/{upload_id}/{number}/{quote(key)}"
