"""Fast paths: models whose numbers are all there is to them, computed without the framework and found equal to it."""
