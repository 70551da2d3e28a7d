"""The server: HTTP in front of the stores. It only puts together what lies below."""
