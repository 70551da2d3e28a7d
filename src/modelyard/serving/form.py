"""A page for people: fields for the model's columns, filled with its example, and the prediction shown.

The page holds no script and no style of its own, and everything that comes from the model is escaped; ``POLICY`` lets it load
these two from this server and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

from modelyard.models.params import ParamSpec
from modelyard.models.schema import ColSpec
from modelyard.models.signature import ModelSignature
from modelyard.models.types import DataType
from modelyard.serving.card import Card

POLICY = (
    b"content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\ncache-control: no-store\r\n"
)
HTML, SCRIPT, STYLE = b"text/html; charset=utf-8", b"text/javascript; charset=utf-8", b"text/css; charset=utf-8"
_HERE = Path(__file__).parent
_MOST_FIELDS = 200
_NUMBERS = (DataType.integer, DataType.long, DataType.float, DataType.double)


def script() -> bytes:
    """The page's script, for ``/form.js``."""
    return (_HERE / "form.js").read_bytes()


def style() -> bytes:
    """The page's style, for ``/form.css``."""
    return (_HERE / "form.css").read_bytes()


def page(card: Card) -> bytes:
    """The page for one model. Models that do not take named columns get one field for the whole body."""
    signature = ModelSignature.from_dict(card.signature) if card.signature else None
    version = f" <small>version {escape(card.version)}</small>" if card.version else ""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(card.name)}</title>
<link rel="stylesheet" href="form.css">
<script src="form.js" defer></script>
</head>
<body>
<main>
<h1>{escape(card.name)}{version}</h1>
<form id="form">
{"".join(_fields(card, signature))}<button type="submit">Predict</button>
</form>
<noscript><p>This form needs JavaScript. Without it, send a request to <code>/invocations</code>.</p></noscript>
<output id="answer" for="form" aria-live="polite"></output>
<footer><a href="openapi.json">OpenAPI</a></footer>
</main>
</body>
</html>
""".encode()


def _fields(card: Card, signature: ModelSignature | None) -> Iterator[str]:
    schema = None if signature is None else signature.inputs
    if schema is None or schema.is_tensor_spec() or not schema.has_input_names() or len(schema) > _MOST_FIELDS:
        example = "" if card.example is None else json.dumps(card.example, indent=2, ensure_ascii=False)
        yield (
            '<label for="body">Body of the request, as JSON</label>\n'
            f'<textarea id="body" data-body rows="12" spellcheck="false">{escape(example)}</textarea>\n'
        )
        return
    row = example_row(card.example)
    for place, spec in enumerate(schema.inputs):
        yield _field(f"c{place}", "column", str(spec.name), spec, row.get(str(spec.name)))
    if signature is not None and signature.params:
        given = card.example.get("params") if isinstance(card.example, dict) else None
        chosen = given if isinstance(given, dict) else {}
        yield "<fieldset><legend>Parameters</legend>\n"
        for place, param in enumerate(signature.params):
            default = param.to_dict()["default"]
            yield _field(f"p{place}", "param", param.name, param, chosen.get(param.name, default))
        yield "</fieldset>\n"


def _field(ident: str, role: str, name: str, spec: ColSpec | ParamSpec, value: Any) -> str:
    of = spec.type if isinstance(spec, ColSpec) else spec.dtype if spec.shape is None else None
    required = isinstance(spec, ColSpec) and spec.required
    kind = _kind(of)
    text = (
        ""
        if value is None
        else value
        if isinstance(value, str) and kind == "text"
        else json.dumps(value, ensure_ascii=False)
    )
    told = f"{of!r}" if of is not None else f"list of {spec.dtype!r}" if isinstance(spec, ParamSpec) else ""
    about = f"<small>{escape(told)}{'' if required else ', optional'}</small>"
    common = f'id="{ident}" data-{role}="{escape(name)}" data-kind="{kind}"{" required" if required else ""}'
    if kind == "truth":
        options = "".join(
            f'<option value="{each}"{" selected" if each == text else ""}>{each}</option>'
            for each in ("", "true", "false")
        )
        field = f"<select {common}>{options}</select>"
    elif kind == "json":
        field = f'<textarea {common} rows="2" spellcheck="false">{escape(text)}</textarea>'
    else:
        mode = ' inputmode="decimal"' if kind == "number" else ""
        field = f'<input {common}{mode} autocomplete="off" value="{escape(text)}">'
    return f'<p><label for="{ident}">{escape(name)} {about}</label>{field}</p>\n'


def _kind(of: Any) -> str:
    if of in _NUMBERS:
        return "number"
    if of is DataType.boolean:
        return "truth"
    return "text" if isinstance(of, DataType) else "json"


def example_row(example: Any) -> Mapping[str, Any]:
    """The first row of an example of a request, by name; nothing where it has none.

    >>> example_row({"dataframe_split": {"columns": ["a"], "data": [[1], [2]]}})
    {'a': 1}
    """
    if not isinstance(example, dict):
        return {}
    split = example.get("dataframe_split")
    if isinstance(split, dict) and split.get("data") and isinstance(split.get("columns"), list):
        return dict(zip(map(str, split["columns"]), split["data"][0], strict=False))
    for form in ("dataframe_records", "inputs", "instances"):
        found = example.get(form)
        if isinstance(found, list) and found and isinstance(found[0], dict):
            return dict(found[0])
        if isinstance(found, dict):
            return {name: value[0] if isinstance(value, list) and value else value for name, value in found.items()}
    return {}
