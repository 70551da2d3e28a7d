"""Where model folders and runs meet: logging models, loading them by address, and the verbs of each flavor."""
