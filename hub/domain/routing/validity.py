"""Whether a programme may be used on a day at all: licences, listings and workdays."""

from __future__ import annotations

from datetime import date

from contracts.programme import Programme
from contracts.terms import BusinessDays
from hub.domain.calendar import REVIEWED_THROUGH, is_workday
from hub.domain.reasons import Reason, because


def permitted(programme: Programme, day: date) -> Reason | None:
    """Return the first kind of licence or listing of which none is valid on the day."""
    valid = {p.kind for p in programme.permissions if p.valid_from <= day <= (p.valid_to or date.max)}
    for permission in programme.permissions:
        if permission.kind not in valid:
            kind = permission.kind.value
            return because("permission_not_valid", "permissions", limit=kind, actual=day)
    return None


def works(programme: Programme, day: date) -> Reason | None:
    """Refuse a day off; and any day whose holidays nobody has reviewed, for it may be one."""
    if programme.days is BusinessDays.EVERY_DAY:
        return None
    try:
        return None if is_workday(day) else because("not_a_workday", "days", actual=day)
    except LookupError:
        return because("calendar_not_known", "days", limit=REVIEWED_THROUGH, actual=day)
