"""The lender every simulator plays: its decisions, its books, and what its borrowers do as time passes."""
