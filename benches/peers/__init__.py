"""What runs in the peers' own environments. It imports nothing of this package, which they do not have."""
