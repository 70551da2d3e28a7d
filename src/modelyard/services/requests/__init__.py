"""What the server keeps about requests: the answers of those that must not be carried out twice, and its sign of life."""
