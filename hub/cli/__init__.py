"""The command line: run the hub or its parts, check its configuration, make its keys, show it at work."""

from hub.cli.app import main

__all__ = ["main"]
