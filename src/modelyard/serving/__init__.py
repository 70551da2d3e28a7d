"""Scoring: one model behind HTTP. The front speaks to clients and never loads a model; workers load it and know no clients."""
