"""Contract suites for whoever writes a store: one suite a contract, the same for every backend."""
