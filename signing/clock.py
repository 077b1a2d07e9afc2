"""When a message was signed, and whether that is recent enough."""

from __future__ import annotations

from datetime import UTC, datetime

from signing.errors import ClockRefused, MalformedMessage
from signing.profile import Replay, Timestamp

# Up to this far ahead a message is merely early and may be offered again; beyond it a clock is wrong.
CLOCK_WRONG_S = 60


def write_time(timestamp: Timestamp, now: datetime) -> str:
    """``now`` as the dialect writes it."""
    if timestamp.format == "epoch-s":
        return str(int(now.timestamp()))
    if timestamp.format == "epoch-ms":
        return str(int(now.timestamp()) * 1000 + now.microsecond // 1000)
    return now.astimezone(timestamp.tz).strftime(timestamp.format)


def read_time(timestamp: Timestamp, text: str) -> datetime:
    """The UTC time a message states. Raises MalformedMessage unless it is spelt exactly as declared."""
    try:
        moment = _read(timestamp, text)
        if write_time(timestamp, moment) == text:
            return moment
    except (ValueError, OverflowError, OSError):
        pass
    raise MalformedMessage(f"the timestamp is not of the form {timestamp.format}")


def _read(timestamp: Timestamp, text: str) -> datetime:
    if timestamp.format == "epoch-s":
        return datetime.fromtimestamp(int(text), UTC)
    if timestamp.format == "epoch-ms":
        seconds, milliseconds = divmod(int(text), 1000)
        return datetime.fromtimestamp(seconds, UTC).replace(microsecond=milliseconds * 1000)
    return datetime.strptime(text, timestamp.format).replace(tzinfo=timestamp.tz).astimezone(UTC)


def demand_recent(replay: Replay, signed_at: datetime, now: datetime) -> None:
    """Return when ``signed_at`` lies in the window around ``now``. Raises ClockRefused.

    The defaults, 300 s back and 10 s ahead, are those of the profile; both ends are inclusive.
    """
    skew = (now - signed_at).total_seconds()
    if skew > replay.max_age_s:
        raise ClockRefused(f"signed {skew:.0f} s ago, at most {replay.max_age_s} allowed", skew_s=skew)
    if -skew > replay.max_ahead_s:
        early = -skew <= CLOCK_WRONG_S
        raise ClockRefused(
            f"signed {-skew:.0f} s in the future, at most {replay.max_ahead_s} allowed",
            skew_s=skew,
            retry_after_s=-skew - replay.max_ahead_s if early else None,
        )
