"""{{ cookiecutter.short_description | docstring }}."""

from {{ cookiecutter.__package }}.flavor import {{ cookiecutter.__class }}, load_model, log_model, save_model
from {{ cookiecutter.__package }}.line import Line

__all__ = ["Line", "{{ cookiecutter.__class }}", "load_model", "log_model", "save_model"]
