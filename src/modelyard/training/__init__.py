"""Training as a service: data in, a tracked and registered model out, and predictions by it."""
