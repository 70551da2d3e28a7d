"""One file a framework; none imports another."""
