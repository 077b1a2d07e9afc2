"""Changes of the schema, in order; `migrate` brings a database to the newest."""
