"""A pipeline as a picture: boxes in layers from left to right, and what flows between them. SVG, written here.

Colours are attributes, so that any viewer shows them; a style sheet makes them right on dark ground.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from modelyard.pipelines.graph import Graph
from modelyard.pipelines.spec import Pipeline

_WIDTH, _HEIGHT = 190, 58
_APART, _BETWEEN, _MARGIN = 96, 26, 24
_PASSAGE = 22  # what an arrow takes that passes a column
_LONGEST = 20  # characters of a name in a box

_Edge = tuple[str, str]
_Item = str | tuple[str, str, int]
"""What a column holds: a step, or an arrow (from, to) that passes it."""

_COLOURS: Mapping[str, str] = {
    "FINISHED": "#2e7d32",
    "SKIPPED": "#3b6ea5",
    "RUNNING": "#b26a00",
    "FAILED": "#c62828",
    "KILLED": "#8e24aa",
    "BLOCKED": "#8a6d3b",
}
_PLAIN = "#6b7280"
_WORDS: Mapping[str, str] = {
    "FINISHED": "finished",
    "SKIPPED": "unchanged, skipped",
    "RUNNING": "running",
    "FAILED": "failed",
    "KILLED": "killed",
    "BLOCKED": "not run: a step before failed",
    "": "",
}

_STYLE = (
    "text{font-family:system-ui,sans-serif;font-size:13px}.note{font-size:11px}"
    "@media (prefers-color-scheme:dark){.name{fill:#f3f4f6}.note{fill:#c3c9d4}.box{fill:#1f2430}.ground{fill:#12151c}}"
)


class _Box(NamedTuple):
    name: str
    left: float
    top: float

    @property
    def middle(self) -> float:
        return self.top + _HEIGHT / 2


def draw(pipeline: Pipeline, graph: Graph, states: Mapping[str, str] | None = None) -> str:
    """The SVG of a pipeline; ``states`` are how steps ended, by name: none for those that were not asked for."""
    boxes, passed = _placed(graph)
    width = max(box.left for box in boxes.values()) + _WIDTH + _MARGIN
    lowest = [box.top + _HEIGHT for box in boxes.values()] + [at for points in passed.values() for _, at in points]
    height = max(lowest) + _MARGIN
    title = f"Pipeline {pipeline.name}"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}"',
        f'height="{height:g}" role="img" aria-label={quoteattr(_shown(title))}>',
        f"<title>{escape(_shown(title))}</title><style>{_STYLE}</style>",
        '<defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">',
        f'<path d="M0 0L8 4L0 8z" fill="{_PLAIN}"/></marker></defs>',
        f'<rect class="ground" width="{width:g}" height="{height:g}" fill="#ffffff"/>',
        *_arrows(pipeline, graph, boxes, passed),
        *(_box(pipeline, box, (states or {}).get(box.name, "")) for box in boxes.values()),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _placed(graph: Graph) -> tuple[dict[str, _Box], dict[_Edge, list[tuple[float, float]]]]:
    """Where boxes are, and through which points an arrow goes that passes columns: between the boxes in them."""
    layers = _layers(graph)
    middles: dict[_Item, float] = {}
    for layer in range(max(layers.values()) + 1):
        column: list[_Item] = [name for name in graph.order if layers[name] == layer]
        column += [
            (before, name, layer)
            for name in graph.order
            for before in graph.needs[name]
            if layers[before] < layer < layers[name]
        ]
        wanted = {item: _mean([middles[each] for each in _before(item, graph, layers)]) for item in column}
        column.sort(key=lambda item, wanted=wanted: wanted[item])  # type: ignore[misc]
        top = -sum(map(_room, column)) / 2
        for item in column:
            middles[item] = top + _room(item) / 2
            top += _room(item)
    highest = min(middle - _room(item) / 2 for item, middle in middles.items()) + _BETWEEN / 2
    down = {item: _MARGIN + middle - highest for item, middle in middles.items()}
    boxes = {name: _Box(name, _across(layers[name]), down[name] - _HEIGHT / 2) for name in graph.order}
    return boxes, {
        (before, name): [
            (_across(layer), down[before, name, layer]) for layer in range(layers[before] + 1, layers[name])
        ]
        for name in graph.order
        for before in graph.needs[name]
    }


def _layers(graph: Graph) -> dict[str, int]:
    layers: dict[str, int] = {}
    for name in graph.order:
        layers[name] = max((layers[each] + 1 for each in graph.needs[name]), default=0)
    return layers


def _before(item: _Item, graph: Graph, layers: Mapping[str, int]) -> list[_Item]:
    """What is to the left of a box, or of an arrow that passes."""
    if isinstance(item, tuple):
        before, name, layer = item
        return [before if layers[before] == layer - 1 else (before, name, layer - 1)]
    layer = layers[item]
    return [each if layers[each] == layer - 1 else (each, item, layer - 1) for each in graph.needs[item]]


def _room(item: _Item) -> float:
    return _PASSAGE if isinstance(item, tuple) else _HEIGHT + _BETWEEN


def _across(layer: int) -> float:
    return _MARGIN + layer * (_WIDTH + _APART)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _arrows(
    pipeline: Pipeline, graph: Graph, boxes: Mapping[str, _Box], passed: Mapping[_Edge, Sequence[tuple[float, float]]]
) -> Iterator[str]:
    for name in graph.order:
        for before in graph.needs[name]:
            start, end = boxes[before], boxes[name]
            left, height = start.left + _WIDTH, start.middle
            line = f"M{left:g} {height:g}"
            for place, at in [*passed[before, name], (end.left - 1, end.middle)]:
                bend = (place - left) / 2
                line += f"C{left + bend:g} {height:g} {place - bend:g} {at:g} {place:g} {at:g}"
                left, height = place + _WIDTH, at
                line += f"H{left:g}" if place != end.left - 1 else ""
            carried = [each for each in pipeline.steps[name].inputs.values() if graph.maker(each) == before]
            dashes = "" if carried else ' stroke-dasharray="5 4"'
            yield (
                f'<path d="{line}" fill="none" stroke="{_PLAIN}" stroke-width="1.4"{dashes}'
                f' marker-end="url(#head)"><title>{escape(_shown(", ".join(carried) or f"after {before}"))}</title></path>'
            )


def _box(pipeline: Pipeline, box: _Box, state: str) -> str:
    step = pipeline.steps[box.name]
    colour = _COLOURS.get(state, _PLAIN)
    word = _WORDS.get(state, state.lower())
    made = ", ".join(output.dataset for output in step.outputs.values())
    note = word or made or step.project
    about = "\n".join(filter(None, (box.name, f"project: {step.project}", made and f"makes: {made}", word)))
    return (
        f"<g><title>{escape(_shown(about))}</title>"
        f'<rect class="box" x="{box.left:g}" y="{box.top:g}" width="{_WIDTH}" height="{_HEIGHT}" rx="9" fill="#f8fafc"'
        f' stroke="{colour}" stroke-width="{2 if state else 1.2}"/>'
        f'<circle cx="{box.left + 17:g}" cy="{box.top + 22:g}" r="5" fill="{colour}"/>'
        f'<text class="name" x="{box.left + 30:g}" y="{box.top + 26:g}" fill="#111827">{escape(_cut(box.name, _LONGEST))}</text>'
        f'<text class="note" x="{box.left + 14:g}" y="{box.top + 46:g}" fill="#4b5563">{escape(_cut(note, _LONGEST + 9))}</text>'
        "</g>"
    )


def _cut(text: str, longest: int) -> str:
    shown = _shown(text)
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"


def _shown(text: str) -> str:
    """Without what XML has no characters for."""
    return "".join(char if char.isprintable() or char == "\n" else "�" for char in text)
