"""Small pictures of a sweep as SVG: one series of points over one axis, titled, that a browser shows as it is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from xml.sax.saxutils import escape

from modelyard.pipelines.sweeps.contract import Plan, Trial
from modelyard.pipelines.sweeps.grammar import Dimension

_WIDTH, _HEIGHT = 640, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 76, 20, 44, 64
_MOST_LABELS = 12
_FONT = 'font-family="system-ui, sans-serif" font-size="12"'
_POINT, _LINE, _INK, _FAINT = "#2f6fde", "#c2410c", "#1f2933", "#d5dbe3"

Points = Sequence[tuple[float, float, str]]
"""Where on the axis, how high, and what a pointer over it is told."""


def by_trial(plan: Plan, trials: Sequence[Trial]) -> str:
    """The metric by the trial's number, and the best so far as a line."""
    ordered = sorted(trials, key=lambda trial: trial.number)
    points = [(float(trial.number), trial.value or 0.0, _words(trial)) for trial in ordered]
    choose = min if plan.direction == "minimize" else max
    line: list[tuple[float, float]] = []
    for place, value, _ in points:
        line.append((place, choose(value, line[-1][1]) if line else value))
    return _picture(f"{plan.metric} by trial", "trial", points, [], line)


def by_value(plan: Plan, each: Dimension, trials: Sequence[Trial]) -> str:
    """The metric by the value of one override; values that are no numbers stand side by side."""
    texts = {trial.number: trial.values.get(each.key, "") for trial in trials}
    numbers = {number: found for number, text in texts.items() if (found := _number(text)) is not None}
    if len(numbers) == len(texts):
        scale = math.log10 if each.log and min(numbers.values()) > 0 else float
        places = {number: scale(value) for number, value in numbers.items()}
        labels: list[str] = []
    else:
        labels = list(dict.fromkeys(texts.values()))
        places = {number: float(labels.index(text)) for number, text in texts.items()}
    points = [(places[trial.number], trial.value or 0.0, _words(trial)) for trial in trials]
    axis = f"{each.key} (log10)" if each.log and not labels else each.key
    return _picture(f"{plan.metric} by {each.key}", axis, points, labels, [])


def _picture(title: str, axis: str, points: Points, labels: Sequence[str], line: Sequence[tuple[float, float]]) -> str:
    across = _Scale([place for place, _, _ in points], _LEFT, _WIDTH - _RIGHT)
    up = _Scale([value for _, value, _ in points], _HEIGHT - _BOTTOM, _TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" {_FONT} fill="{_INK}">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        f'<text x="{_LEFT}" y="24" font-size="15" font-weight="600">{escape(title)}</text>',
        f'<text x="{(_LEFT + _WIDTH - _RIGHT) / 2}" y="{_HEIGHT - 12}" text-anchor="middle">{escape(axis)}</text>',
        *_rows([value for _, value, _ in points], up),
        *_columns([place for place, _, _ in points], across, labels),
    ]
    if len(line) > 1:
        corners = " ".join(f"{across(place):.1f},{up(value):.1f}" for place, value in line)
        parts.append(f'<polyline points="{corners}" fill="none" stroke="{_LINE}" stroke-width="1.5"/>')
    for place, value, words in points:
        parts.append(
            f'<circle cx="{across(place):.1f}" cy="{up(value):.1f}" r="4" fill="{_POINT}" fill-opacity="0.75">'
            f"<title>{escape(words)}</title></circle>"
        )
    return "\n".join([*parts, "</svg>", ""])


class _Scale:
    """From values to places in the picture, with some air at both ends."""

    def __init__(self, values: Sequence[float], start: float, end: float) -> None:
        low, high = min(values), max(values)
        air = (high - low) * 0.06 or 0.5
        self._low, self._width = low - air, (high - low) + 2 * air
        self._start, self._end = start, end

    def __call__(self, value: float) -> float:
        return self._start + (value - self._low) / self._width * (self._end - self._start)


def _rows(values: Sequence[float], up: _Scale) -> list[str]:
    parts = []
    for value in _ticks(min(values), max(values)):
        height = up(value)
        parts.append(
            f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{height:.1f}" y2="{height:.1f}" stroke="{_FAINT}"/>'
        )
        parts.append(f'<text x="{_LEFT - 8}" y="{height + 4:.1f}" text-anchor="end">{value:.4g}</text>')
    return parts


def _columns(places: Sequence[float], across: _Scale, labels: Sequence[str]) -> list[str]:
    base = _HEIGHT - _BOTTOM + 20
    if labels:
        every = max(1, math.ceil(len(labels) / _MOST_LABELS))
        told = [(float(place), label[:14]) for place, label in enumerate(labels)][::every]
    else:
        told = [(place, f"{place:.4g}") for place in _ticks(min(places), max(places))]
    return [
        f'<text x="{across(place):.1f}" y="{base}" text-anchor="middle">{escape(text)}</text>' for place, text in told
    ]


def _ticks(low: float, high: float) -> list[float]:
    """Four or so round numbers between two values."""
    if high <= low:
        return [low]
    raw = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw)
    first = math.ceil(low / step)
    return [place * step for place in range(first, math.floor(high / step) + 1)] or [low]


def _number(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def _words(trial: Trial) -> str:
    values = ", ".join(f"{key}={value}" for key, value in trial.values.items())
    return f"trial {trial.number}: {values}: {trial.value:.6g}"
