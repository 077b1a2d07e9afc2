"""A platform's open interface: HMAC over a canonical string, AES bodies, approvals in clear."""
