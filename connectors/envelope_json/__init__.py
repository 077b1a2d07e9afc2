"""A consumer-finance company with a digital-envelope JSON interface: polled as well as calling back."""
