"""`keys`: making, importing, listing, rotating and revoking keys, and rewrapping what they wrap."""
