"""The nouns, the wire and the filter language; no I/O."""
