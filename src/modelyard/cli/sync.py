"""``modelyard sync``: send what was journalled while the server was away."""

from __future__ import annotations

import sys

from modelyard.cli.command import OUTPUT, Arguments, Command, option
from modelyard.cli.printing import show
from modelyard.client.sync import sync

COLUMNS = ("journal", "to", "sent", "refused", "problem")


def sync_all(arguments: Arguments) -> int:
    """Send every journal to the store it was written for; 1 when one had to stay."""
    reports = sync(arguments.folder)
    if not reports and arguments.output == "table":
        print("There is nothing to send.")
        return 0
    rows = [
        {
            "journal": str(report.path),
            "to": report.location,
            "sent": report.sent,
            "refused": report.refused,
            "problem": report.problem,
        }
        for report in reports
    ]
    show(rows, COLUMNS, arguments.output)
    stayed = sum(bool(report.problem) for report in reports)
    if stayed:
        print(f"modelyard: {stayed} journals stay until their store answers.", file=sys.stderr)
    return 1 if stayed else 0


COMMANDS = (
    Command(
        "sync",
        sync_all,
        "send what was journalled while the server was away",
        (option("folder", nargs="?", help="the folder of journals; default: MODELYARD_JOURNAL or its place"), OUTPUT),
    ),
)
