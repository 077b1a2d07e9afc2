"""Configuration as code: a folder of YAML, read into validated terms."""
