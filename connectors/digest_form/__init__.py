"""A lender on a card network's gateway: forms signed over a digest, news to be confirmed by a query."""
