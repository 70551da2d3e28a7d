"""The tests, in folders by what they need: nothing, a database, a process, the real mlflow."""
