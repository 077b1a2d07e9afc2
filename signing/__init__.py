"""Bytes: canonical forms, signatures, envelopes, keys, sealed fields. Knows no loan and no partner."""
