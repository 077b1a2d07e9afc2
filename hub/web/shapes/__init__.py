"""What the API answers, described for its readers: amounts in fen, rates as decimal text, times in UTC."""
