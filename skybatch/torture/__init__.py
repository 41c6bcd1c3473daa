"""The daemon under torture: killed and restarted under load, with books kept from outside."""
