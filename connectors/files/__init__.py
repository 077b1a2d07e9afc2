"""Partners' daily files: declarative layouts, what is due when, and archives; bytes in, typed rows out."""

from connectors.files.archive import Bounds, pack, unpack
from connectors.files.column import Column
from connectors.files.expected import Due, EmptyDay, Expected, missing
from connectors.files.forms import Form, Row, Value
from connectors.files.layout import Layout, amount
from connectors.files.library import load_layouts
from connectors.files.shapes import Shape

__all__ = [
    "Bounds",
    "Column",
    "Due",
    "EmptyDay",
    "Expected",
    "Form",
    "Layout",
    "Row",
    "Shape",
    "Value",
    "amount",
    "load_layouts",
    "missing",
    "pack",
    "unpack",
]
