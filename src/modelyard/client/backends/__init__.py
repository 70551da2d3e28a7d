"""The stores behind a connection: a server's or a folder's, each imported where it is used."""
