"""Writing the page: one file with the form, the model and the runtime in it."""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import importlib.resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import msgspec

from modelyard.client.flavors.verbs import fetch_model
from modelyard.core.errors import AlreadyExists, InvalidParameter, NotSupported, TooLarge
from modelyard.edge.form import Field, Slot, form
from modelyard.models.example import split_example
from modelyard.models.load import Opened, open_folder
from modelyard.models.options import PathLike
from modelyard.models.profile import read_profile
from modelyard.models.trust import digest
from modelyard.models.twin import Certificate, Made, graph_of_folder

FILE = "index.html"
_LARGEST = 256 << 20
_POLICY = (
    "default-src 'none'; script-src 'sha256-{script}' 'wasm-unsafe-eval'; style-src 'sha256-{style}'; base-uri 'none';"
    " form-action 'none'"
)
_DIGEST_SHOWN = 19


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """What the page's script is told."""

    fields: list[Field]
    inputs: list[Slot]
    output: dict[str, Any]
    classes: list[Any]


def export_page(model_uri: PathLike, path: PathLike, *, title: str | None = None, trust: str | None = None) -> Path:
    """Write a page that predicts with a model in the browser, without a server and without network; answers the file.

    ``model_uri`` is ``models:/…``, ``runs:/…`` or a folder, ``path`` the folder that gets ``index.html``. The form is made from
    the signature, and begins with the example. The model is its ONNX twin, or converted now. ``trust`` is the digest of a model
    whose code shall run although nobody this machine trusts signed it.

    Raises ``InvalidParameter`` for a model that cannot be converted, that differs from its graph, or that takes other things than
    rows of numbers, texts and choices; ``NotSupported`` where the runtime of the browser was not built.
    """
    script, wasm = runtime(_files() / "static")
    file = Path(path) / FILE
    if file.exists():
        raise AlreadyExists(f"There is a page already: {str(file)!r}. Give another folder, or remove it.")
    folder = fetch_model(model_uri)
    opened = open_folder(folder, trust=trust)
    made = graph_of_folder(folder, trust=trust)
    if made.certificate.status != "passed":
        raise InvalidParameter(
            f"The model's ONNX graph differs from it, so there is no page: {made.certificate.message}"
        )
    content = made.proto.SerializeToString()
    if len(content) > _LARGEST:
        raise TooLarge(f"The model has {len(content) >> 20} MiB; a page holds {_LARGEST >> 20} MiB at most.")
    parts = {
        "title": html.escape(title or _name(str(model_uri), folder)),
        "subtitle": html.escape(_subtitle(opened)),
        "method": html.escape({"predict": "Prediction"}.get(made.certificate.method, made.certificate.method)),
        "proof": html.escape(_proof(made.certificate, digest(opened.folder))),
        "card": msgspec.json.encode(_card(opened, made)).decode().replace("<", "\\u003c"),
        "model": base64.b64encode(gzip.compress(content, 9, mtime=0)).decode(),
        "runtime": base64.b64encode(wasm).decode(),
        "style": _template("page.css"),
        "script": f"{script}\n{_template('page.js')}",
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(_filled(parts), encoding="utf-8")
    return file


def runtime(place: Traversable) -> tuple[str, bytes]:
    """The runtime's script, and its program packed by gzip; ``NotSupported`` where they were not built."""
    try:
        return (place / "runtime.js").read_text(encoding="utf-8"), (place / "runtime.wasm.gz").read_bytes()
    except FileNotFoundError:
        raise NotSupported(
            "This installation has no runtime for pages: run 'make ui' in the repository, or install a wheel built after it."
        ) from None


def _files() -> Traversable:
    return importlib.resources.files("modelyard.edge")


def _template(name: str) -> str:
    return (_files() / "template" / name).read_text(encoding="utf-8")


def _filled(parts: dict[str, str]) -> str:
    """The page, with a policy that lets these very scripts and styles run and nothing be fetched."""
    policy = _POLICY.format(script=_sha256(parts["script"]), style=_sha256(parts["style"]))
    before, *rest = _template("page.html").split("{{")
    found = [before]
    for each in rest:
        name, _, after = each.partition("}}")
        found += [policy if name == "policy" else parts[name], after]
    return "".join(found)


def _sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _card(opened: Opened, made: Made) -> Card:
    example = split_example(opened.model.load_input_example(opened.folder))[0]
    binding = made.certificate.binding
    fields, slots = form(binding, opened.model.signature, read_profile(opened.folder), example)
    output = {"name": binding.output.name, "column": binding.output.column}
    return Card(fields=fields, inputs=slots, output=output, classes=_classes(made.proto))


def _classes(proto: Any) -> list[Any]:
    """The names of the classes, where a node of the graph has them."""
    for node in proto.graph.node:
        for each in node.attribute:
            if each.name == "classlabels_strings" and each.strings:
                return [text.decode() for text in each.strings]
            if each.name in ("classlabels_int64s", "classlabels_ints") and each.ints:
                return list(each.ints)
    return []


def _name(uri: str, folder: Path) -> str:
    """The model's name, as its address has it."""
    scheme, _, rest = uri.partition(":/")
    if scheme == "models" and rest and not rest.startswith("m-"):
        return rest.partition("/")[0].partition("@")[0]
    return rest.rstrip("/").rpartition("/")[2] if scheme == "runs" else folder.name


def _subtitle(opened: Opened) -> str:
    flavors = [name for name in opened.model.flavors if name != "python_function"]
    return f"A {flavors[0] if flavors else 'model'} model of {opened.model.utc_time_created[:10]}"


def _proof(certificate: Certificate, named: str) -> str:
    equal = f"Compared with the original model: {certificate.message}" if certificate.rows else certificate.message
    return f"{equal} Model {named[:_DIGEST_SHOWN]}…"
