"""City banks on one open-bank platform: SM4 inside JSON, SM2 over headers and ciphertext."""
