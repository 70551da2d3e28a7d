"""A linear model behind HTTP, a row a request: what a scoring server itself costs, for the model costs nothing."""

from __future__ import annotations

from benches.serving import scenario

SCENARIO = scenario(
    "serving-linear", "ElasticNet served, one row a request, 32 connections", "linear", rate=15, echo=0.6
)
