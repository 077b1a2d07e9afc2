"""`sign`: looking into signatures that do not hold."""
