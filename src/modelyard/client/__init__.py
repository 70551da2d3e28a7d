"""What training code imports: the fluent verbs, the client, the background sender and the journal."""
