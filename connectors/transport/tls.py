"""Whom we trust and who we are on a TLS connection to a partner."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_NO_ENVIRONMENT: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Tls:
    """`ca` is a PEM file: only what it signed is the partner, whatever this machine trusts otherwise.

    `client` is our certificate and its private key in one PEM file, shown to the partner; `password_env`
    names the environment variable that holds the key's password.
    """

    ca: Path | None = None
    client: Path | None = None
    password_env: str | None = None

    def context(self, environ: Mapping[str, str] = _NO_ENVIRONMENT) -> ssl.SSLContext:
        """Return the context, TLS 1.2 at least. Raises ValueError naming the file that does not serve."""
        try:
            context = ssl.create_default_context(cafile=None if self.ca is None else os.fspath(self.ca))
        except (OSError, ssl.SSLError) as error:
            raise ValueError(f"{self.ca} holds no certificates of a CA") from error
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.client is not None:
            password = environ.get(self.password_env, "") if self.password_env else ""
            try:
                # Always a password, never None: None makes OpenSSL ask for one on the terminal.
                context.load_cert_chain(self.client, password=password)
            except (OSError, ssl.SSLError) as error:
                raise ValueError(
                    f"{self.client} holds no certificate with its key, or has a password"
                ) from error
        return context
