"""The tracking store over SQL: functions of one statement each, by noun, and the store that calls them."""
