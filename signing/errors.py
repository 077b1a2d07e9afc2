"""Errors of the signing package, each named by what the caller does next.

SigningError
├── ProfileInvalid        fix the profile or the call: nothing was sent and nothing was read
├── KeyUnavailable        look at the key ring: no usable key at this time
│   └── PublishedKeyRefused   replace the key: its secret has been published
└── MessageRefused        refuse the incoming message; its bytes may be kept, its content not believed
    ├── MalformedMessage  it cannot even be split into the parts its profile names
    ├── SignatureRefused  the signature is absent, wrong, or made with a key that is not accepted
    ├── ClockRefused      it is authentic but too old or too far ahead
    └── OpenFailed        it could not be decrypted; why is never told
"""

from __future__ import annotations


class SigningError(Exception):
    """Root of everything this package raises on purpose."""

    code = "signing_error"


class ProfileInvalid(SigningError):
    """The profile, or what the caller asked of it, contradicts itself."""

    code = "profile_invalid"


class KeyUnavailable(SigningError):
    """No key of the right kind, state and date is in the ring."""

    code = "key_unavailable"


class PublishedKeyRefused(KeyUnavailable):
    """The key is on the list of keys whose secret half is public."""

    code = "published_key"


class MessageRefused(SigningError):
    """An incoming message must not be believed."""

    code = "message_refused"


class MalformedMessage(MessageRefused):
    """The bytes do not have the shape the profile declares."""

    code = "malformed_message"


class SignatureRefused(MessageRefused):
    """No accepted key made this signature over these bytes."""

    code = "signature_refused"


class ClockRefused(MessageRefused):
    """The message is authentic but outside its time window.

    ``skew_s`` is our time minus the message's, in seconds: negative when the message comes from the future.
    ``retry_after_s`` is set when waiting that long would make the message acceptable.
    """

    code = "clock_refused"

    def __init__(self, message: str, *, skew_s: float, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.skew_s = skew_s
        self.retry_after_s = retry_after_s


class OpenFailed(MessageRefused):
    """Decryption failed. One error for every cause, so that it tells an attacker nothing."""

    code = "open_failed"

    def __init__(self) -> None:
        super().__init__("the message could not be opened")
