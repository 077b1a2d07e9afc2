"""The public door: the platform's API, the partners' callbacks, finance's and the operators' reads."""
