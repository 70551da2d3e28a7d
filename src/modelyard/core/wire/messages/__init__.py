"""Requests and replies: one module a subject; the arguments and results of the stores' methods."""
