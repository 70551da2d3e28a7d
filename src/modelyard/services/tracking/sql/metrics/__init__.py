"""The series of metrics: written as segments, compacted to chunks, read as if there were only points."""
