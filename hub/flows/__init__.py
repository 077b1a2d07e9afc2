"""The two arrows and the day's end: the only code that writes."""
