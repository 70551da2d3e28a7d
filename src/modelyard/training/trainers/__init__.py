"""What can be trained: a contract, and a file for each framework."""
