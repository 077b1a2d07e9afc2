"""The application: decisions, memory, flows and the web."""
