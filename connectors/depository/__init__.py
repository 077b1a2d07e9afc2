"""A depository bank: accounts, freezes, transfers on instruction, and the balances of every day."""
