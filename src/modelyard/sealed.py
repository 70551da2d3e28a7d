"""``modelyard.sealed``: models as files that only their recipients open, and that open whole or not at all."""

from modelyard.client.flavors.sealed import machine_keys, recipient_key, renew_recipient_key, seal, unseal

__all__ = ["machine_keys", "recipient_key", "renew_recipient_key", "seal", "unseal"]
