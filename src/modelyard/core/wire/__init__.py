"""The wire: one table of endpoints, the messages they carry, and their encoding."""
