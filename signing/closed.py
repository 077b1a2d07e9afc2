"""The one way verification ends other than well: whatever was not foreseen is a refusal."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from signing.errors import OpenFailed, SignatureRefused, SigningError

P = ParamSpec("P")
T = TypeVar("T")


def refuses(verifier: Callable[P, T]) -> Callable[P, T]:
    """Let the package's own errors out of ``verifier`` and turn every other into SignatureRefused.

    The cause is cut off: it may quote personal data or key material.
    """

    @wraps(verifier)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return verifier(*args, **kwargs)
        except SigningError:
            raise
        except Exception:
            raise SignatureRefused("the message could not be verified") from None

    return guarded


def opens(opener: Callable[P, T]) -> Callable[P, T]:
    """As ``refuses``, for decryption: every error that is not the package's own becomes OpenFailed."""

    @wraps(opener)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return opener(*args, **kwargs)
        except SigningError:
            raise
        except Exception:
            raise OpenFailed from None

    return guarded
