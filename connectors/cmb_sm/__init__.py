"""A bank's direct interface with national cryptography: signed JSON inside SM4, and nothing but questions."""
