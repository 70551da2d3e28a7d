"""``python -m modelyard``: the command line."""

from __future__ import annotations

import sys

from modelyard.cli.main import program

if __name__ == "__main__":
    sys.exit(program())
