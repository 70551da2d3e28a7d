"""Which texts are secrets, and what stands in their place where they would be kept."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

HIDDEN = "***"

_NAMES = re.compile(
    r"SECRET|TOKEN|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|(?:^|_)(?:AUTH|KEY|PASS|DSN)$|_PWD?$",
    re.IGNORECASE,
)
_IN_URL = re.compile(r"(?<=://)([^\s/@:]*):[^\s/@]+@")
_SHORTEST = 6  # a shorter value is a word that occurs by chance


class Mask:
    """Hides secrets in texts: those it was made of, and passwords in addresses.

    >>> Mask(["hunter2"])("hunter2 at https://me:pw@host/")
    '*** at https://me:***@host/'
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        lines = {line.strip() for secret in secrets for line in secret.splitlines()}
        found = sorted((line for line in lines if len(line) >= _SHORTEST), key=len, reverse=True)
        self._secrets = re.compile("|".join(map(re.escape, found))) if found else None

    def __call__(self, text: str) -> str:
        """The text without secrets."""
        hidden = _IN_URL.sub(rf"\1:{HIDDEN}@", text) if "://" in text else text
        return self._secrets.sub(HIDDEN, hidden) if self._secrets else hidden


def mask_of(environ: Mapping[str, str], *settings: Mapping[str, Any]) -> Mask:
    """Hides the values of variables and settings whose names say that they are secrets."""
    return Mask([*_secrets(environ), *(secret for each in settings for secret in _secrets(each))])


def _secrets(settings: Mapping[str, Any]) -> Iterator[str]:
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from _secrets(value)
        elif isinstance(value, str) and _NAMES.search(str(name)) and not _is_place(value):
            yield value


def _is_place(value: str) -> bool:
    """Whether a value only says where the secret is: a file, a socket."""
    return value.startswith("/") and os.path.exists(value)
