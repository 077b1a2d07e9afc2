"""A payment channel: debit agreements, debits, payouts to persons and merchants, refunds, a daily file."""
