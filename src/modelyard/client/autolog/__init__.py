"""Autologging: what a framework's own `fit` or `train` is told and finds, recorded without a line in the script."""
