"""Identifiers as MLflow shapes them."""

from __future__ import annotations

import os
import random
import time

_12_BITS, _48_BITS = 2**12 - 1, 2**48 - 1
_ADJECTIVES = (
    "able amber bold brave brief bright brisk calm clean clear clever cool crisp deep eager early even fair fast fine"
    " firm fond free fresh full gentle glad golden good grand great happy honest keen kind large late light lively"
    " lucky mellow merry mild modest neat nimble noble open patient plain polite prime proud pure quick quiet rapid"
    " rare ready regal rich ripe round safe sage sharp silent silver simple sleek smart smooth solid spry stable"
    " steady still strong subtle sunny sure swift tall tidy true upbeat vast vivid warm wise witty young zesty"
).split()
_NOUNS = (
    "acorn anchor anvil arrow aspen badger beacon birch bison boat bolt bridge brook cabin canoe cedar comet condor"
    " crane creek crow delta dock dove dune eagle elk ember falcon fern finch fjord forest fox frigate galley glade"
    " goose grove gull harbor hare hawk hazel heron hill hull ibis isle ivy jay juniper kayak keel kestrel kite lake"
    " lark ledge linden lynx maple marsh mast meadow mill mole moose moth newt oak orca osprey otter owl pier pine"
    " plover pond poplar quail quay raven reed ridge river robin rook rudder sail seal shoal shore skiff sparrow spruce"
    " squall stag stone stork stream swan tern thrush tide trout valley vole wave whale willow wren yard yew"
).split()


def new_run_id() -> str:
    """A run id: 32 lower-case hexadecimal digits, a UUID of version 7.

    The time it begins with puts runs that are made one after the other side by side in every index of ids: a commit of
    new runs writes one page of each, not one for each run. 74 bits are random.
    """
    chance = int.from_bytes(os.urandom(10), "big")
    time_and_version = (time.time_ns() // 1_000_000 & _48_BITS) << 4 | 7
    return f"{time_and_version << 76 | (chance & _12_BITS) << 64 | 2 << 62 | chance >> 18:032x}"


def new_model_id() -> str:
    """A logged model's id: ``m-`` and 32 hexadecimal digits."""
    return "m-" + os.urandom(16).hex()


def new_token() -> str:
    """A 128-bit random token for idempotency keys, upload ids and temporary names."""
    return os.urandom(16).hex()


def new_run_name() -> str:
    """A readable ``adjective-noun-number`` name, as MLflow gives to runs without one."""
    draw = random.SystemRandom()
    return f"{draw.choice(_ADJECTIVES)}-{draw.choice(_NOUNS)}-{draw.randrange(1000)}"
