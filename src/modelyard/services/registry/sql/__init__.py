"""The registry's statements and the store made of them."""
