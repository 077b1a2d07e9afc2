"""Memory: tables, sessions, named reads, the mailbox and the sealing of what is stored."""
