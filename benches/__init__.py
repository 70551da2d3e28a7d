"""The promises of speed, measured beside the peers: `python -m benches --help`."""
