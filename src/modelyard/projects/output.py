"""What a process says: shown as it comes, and kept as an artifact of its run."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TextIO

from modelyard.projects.transcript import Source, Transcript


class Output:
    """Takes the output of one process, from any thread."""

    def __init__(self, transcript: Transcript, *, quiet: bool = False) -> None:
        self._transcript = transcript
        self._quiet = quiet
        self._gone: set[Source] = set()

    def out(self, text: str) -> None:
        """What it says on stdout."""
        self._take(text, "out", sys.stdout)

    def errors(self, text: str) -> None:
        """What it says on stderr."""
        self._take(text, "errors", sys.stderr)

    def note(self, line: str) -> None:
        """What is done for it before it begins; kept with what it says."""
        self.errors(f"modelyard: {line}\n")

    def tell(self, line: str) -> None:
        """A word to who watches, which is not kept."""
        if not self._quiet:
            self._show(f"modelyard: {line}\n", "errors", sys.stderr)

    @property
    def kept(self) -> str:
        """All that is kept of it."""
        return self._transcript.text()

    def last_words(self) -> str:
        """The last line of stderr."""
        return self._transcript.last_words()

    def _take(self, text: str, source: Source, stream: TextIO) -> None:
        self._transcript.add(text, source)
        if not self._quiet:
            self._show(text, source, stream)

    def _show(self, text: str, source: Source, stream: TextIO) -> None:
        if source in self._gone:
            return
        try:
            stream.write(text)
            stream.flush()
        except BrokenPipeError:  # nobody reads any more: the run goes on
            self._gone.add(source)
            with suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        except (OSError, ValueError, UnicodeError):  # closed, or it cannot show this
            self._gone.add(source)
