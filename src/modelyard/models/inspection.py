"""Everything that can be said of a model folder without loading it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from modelyard.core.errors import InvalidParameter, ModelyardError
from modelyard.models.environment import REQUIREMENTS
from modelyard.models.load import flavor_behind
from modelyard.models.mlmodel import Model
from modelyard.models.trust import manifest as manifests
from modelyard.models.trust.formats import PYFUNC, finding
from modelyard.models.trust.keys import KeyRing
from modelyard.models.trust.modules import names_in
from modelyard.models.trust.policy import admit
from modelyard.models.trust.signatures import read_signature, signer
from modelyard.models.verdict import read_verdict

_LARGEST_TEXT = 1 << 20


class SeenFile(msgspec.Struct, frozen=True):
    """A file of the folder, and what it names: globals of a pickle, types of a skops file, imports of Python code."""

    path: str
    size: int
    sha256: str
    names: list[str]


class SeenFlavor(msgspec.Struct, frozen=True):
    """A flavor of the folder: what loading it can do, why, and whether this machine would load it now."""

    name: str
    loaded_by: str
    tier: str
    reason: str
    loads: bool
    decision: str


class Inspection(msgspec.Struct, frozen=True):
    """A model folder, seen from outside."""

    digest: str
    manifest: str
    signer: str
    flavors: list[SeenFlavor]
    files: list[SeenFile]
    code_files: list[str]
    requirements: list[str]
    verdict: str


def inspect_folder(folder: Path, ring: KeyRing | None = None) -> Inspection:
    """Look at a model folder. Nothing in it runs, and nothing it names is imported.

    Raises ``ChangedModel`` for links and devices in the folder, and ``NotFound`` when it has no MLmodel file.
    """
    ring = ring or KeyRing.of_user()
    there = manifests.scan(folder)
    model = Model.load(folder)
    files = [SeenFile(each.path, each.size, each.sha256, names_in(folder / each.path)) for each in there.files]
    return Inspection(
        digest=there.digest,
        manifest=_manifest(folder, there),
        signer=_signer(folder, ring),
        flavors=[_flavor(folder, model, name, ring) for name in model.flavors],
        files=files,
        code_files=[each.path for each in files if each.path.endswith((".py", ".pyc"))],
        requirements=requirements_listed(folder),
        verdict=_verdict(folder),
    )


def _flavor(folder: Path, model: Model, name: str, ring: KeyRing) -> SeenFlavor:
    behind = flavor_behind(model.flavors[name]) if name == PYFUNC else name
    try:
        found = finding(folder, model, behind)
        tier, reason = found.tier.value, found.reason
    except ModelyardError as error:
        return SeenFlavor(name, behind, "refused", error.message, loads=False, decision=error.message)
    try:
        return SeenFlavor(name, behind, tier, reason, True, admit(folder, model, flavor=behind, ring=ring))
    except ModelyardError as error:
        return SeenFlavor(name, behind, tier, reason, False, error.message)


def _manifest(folder: Path, there: manifests.Manifest) -> str:
    try:
        promised = manifests.read(folder)
        if promised is None:
            return "none: the model was not saved by modelyard, and a change would not be noticed"
        manifests.check(promised, there)
    except ModelyardError as error:
        return error.message
    return "the files are those it names"


def _signer(folder: Path, ring: KeyRing) -> str:
    try:
        signed, promised = read_signature(folder), manifests.read(folder)
        if signed is None or promised is None:
            return "nobody"
        by = signer(folder, promised, ring.trusted())
    except ModelyardError as error:
        return error.message
    return f"{by.name} ({by.key_id}), trusted" if by else f"the key {signed.key_id}, not trusted and not checked"


def requirements_listed(folder: Path) -> list[str]:
    """The lines of a folder's requirements, without remarks; none of a file that is too large to be one."""
    file = folder / REQUIREMENTS
    if not file.is_file() or file.stat().st_size > _LARGEST_TEXT:
        return []
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def _verdict(folder: Path) -> str:
    try:
        verdict = read_verdict(folder)
    except InvalidParameter:
        return "its file cannot be understood"
    return "none" if verdict is None else " ".join(filter(None, (verdict.status, verdict.message)))
