"""The languages clients ask in: a file each, none importing another."""
