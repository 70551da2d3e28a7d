"""HTTP as this package speaks it: connections, requests, answers, and the processes that listen."""
