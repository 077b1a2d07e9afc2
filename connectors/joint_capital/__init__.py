"""A consumer-finance company that lends jointly: sealed JSON that tells who provides which share."""
