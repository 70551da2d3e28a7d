"""The modules of a composite model on disk: one file of compiled code, or a tree of source.

Compiled code is ``marshal``'s, which is of one minor version of Python; that version is checked before this is read.
"""

from __future__ import annotations

import marshal
from pathlib import Path
from types import CodeType

from modelyard.core.errors import InvalidParameter
from modelyard.models.composite.capture import Captured
from modelyard.models.composite.namespace import Stored

MODULES = "composite/modules.bin"
FILES = "composite/files"


def write_modules(captured: Captured, folder: Path, *, source: bool) -> None:
    """Write captured modules into a model's folder, compiled, or as source.

    Raises ``InvalidParameter`` when source is asked for and a module has none.
    """
    content = {name: (found.is_package, None if source else found.code) for name, found in captured.modules.items()}
    (folder / MODULES).write_bytes(marshal.dumps(dict(sorted(content.items()))))
    for name, found in captured.modules.items() if source else ():
        if found.code is not None and found.source is None:
            raise InvalidParameter(f"source=True keeps source, and the module {name!r} has none.")
        if found.source is not None:
            file = _source_file(folder, name, found.is_package)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(found.source, encoding="utf-8")


def read_modules(folder: Path) -> Stored:
    """The modules in a model's folder."""
    content: Stored = marshal.loads((folder / MODULES).read_bytes())  # noqa: S302 - admitted by models/trust
    return {
        name: (is_package, code or _compiled(folder, name, is_package)) for name, (is_package, code) in content.items()
    }


def _compiled(folder: Path, name: str, is_package: bool) -> CodeType | None:
    file = _source_file(folder, name, is_package)
    # as text: it was decoded when it was saved, whatever its first line says of an encoding
    return compile(file.read_text(encoding="utf-8"), str(file), "exec", dont_inherit=True) if file.is_file() else None


def _source_file(folder: Path, name: str, is_package: bool) -> Path:
    place = folder.joinpath(FILES, *name.split("."))
    return place / "__init__.py" if is_package else place.with_name(f"{place.name}.py")


def bytes_of(code: CodeType) -> bytes:
    """Compiled code as bytes."""
    return marshal.dumps(code)


def code_of(content: bytes) -> CodeType:
    """Compiled code from bytes."""
    code: CodeType = marshal.loads(content)  # noqa: S302 - admitted by models/trust
    return code
