"""Nouns of the field: money, personal values, messages, agreements, statements. Pydantic only."""
