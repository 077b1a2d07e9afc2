"""A consumer-credit platform: XML signed as base64 of its exact inner text, fen, one gateway."""
