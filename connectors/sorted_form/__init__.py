"""A bank's open-platform form interface: sorted-form signature, sealed body, decisions by notification."""
