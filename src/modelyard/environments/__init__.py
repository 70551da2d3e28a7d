"""Lasting environments of packages, for models and for projects: made once, found again by what they hold."""
