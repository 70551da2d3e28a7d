"""Python values to PostgreSQL and back, so that one SQL text gets the answers SQLite gives."""

from __future__ import annotations

import psycopg
from psycopg.adapt import Buffer, Dumper
from psycopg.postgres import types
from psycopg.types.numeric import Int8BinaryDumper, NumericBinaryLoader

_INT8 = types["int8"].oid


class _Truth(Dumper):
    """True and False are 1 and 0: truth is an integer in our tables."""

    oid = _INT8

    def dump(self, obj: bool) -> bytes:
        return b"1" if obj else b"0"


class _Number(NumericBinaryLoader):
    """A sum of whole numbers is an int, every other `numeric` (an average) a float."""

    def load(self, data: Buffer) -> int | float:  # type: ignore[override]  # deliberately not a Decimal
        number = super().load(data)
        return int(number) if number.as_tuple().exponent == 0 else float(number)


def register(connection: psycopg.Connection) -> None:
    """Teach ``connection`` our values. Every int is a BIGINT, whatever its size, so that a statement is prepared
    once.
    """
    adapters = connection.adapters
    adapters.register_dumper(int, Int8BinaryDumper)
    adapters.register_dumper(bool, _Truth)
    adapters.register_loader("numeric", _Number)
