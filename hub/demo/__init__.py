"""The demonstration: front end, simulated partners and hub, from application to statement, all checked."""
