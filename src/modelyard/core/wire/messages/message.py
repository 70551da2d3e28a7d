"""The shape all requests and replies share."""

from __future__ import annotations

import msgspec


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A request or a reply. It is the argument and the result of a store's method, and the body on the wire.

    ``forbid_unknown_fields`` makes the fast decoder hand anything unusual (camelCase, unknown fields) to the lenient
    one, which knows what MLflow accepts.
    """


class Empty(Message, frozen=True, kw_only=True):
    """An answer that says no more than that it was done: ``{}``."""
