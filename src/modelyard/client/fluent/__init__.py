"""The verbs of the package, one module a subject: they find the active run and hand on to the client."""
