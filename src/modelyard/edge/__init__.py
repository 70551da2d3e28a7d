"""Models in the browser: a page that predicts without a server."""
