"""Models in the browser: a page that predicts without a server."""

from modelyard.edge.page import export_page

__all__ = ["export_page"]
