"""The process that holds the model. It talks to its front over one socket it was given, and to nobody else."""
