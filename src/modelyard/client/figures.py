"""Figures of the plotting libraries as files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from modelyard.core.errors import InvalidParameter
from modelyard.core.extras import loaded

_PLOTLY_IMAGES = (".png", ".jpeg", ".jpg", ".webp", ".svg", ".pdf")


def save_figure(figure: Any, path: Path, options: dict[str, Any]) -> None:
    """Write a matplotlib or plotly figure to a file of the format its name says.

    Raises ``InvalidParameter`` for anything else. The libraries are never imported for this.
    """
    matplotlib, plotly = loaded("matplotlib.figure"), loaded("plotly.graph_objects")
    if matplotlib is not None and isinstance(figure, matplotlib.Figure):
        figure.savefig(path, **options)
    elif plotly is not None and isinstance(figure, plotly.Figure):
        if path.suffix == ".html":
            figure.write_html(path, **{"include_plotlyjs": "cdn", "auto_open": False, **options})
        elif path.suffix in _PLOTLY_IMAGES:
            figure.write_image(path, **options)
        else:
            raise InvalidParameter(
                f"Unsupported file extension for plotly figure: '{path.suffix}'."
                f" Known: .html, {', '.join(_PLOTLY_IMAGES)}."
            )
    else:
        raise InvalidParameter(f"Unsupported figure object type: '{type(figure)}'. Give a matplotlib or plotly figure.")
