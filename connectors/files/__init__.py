"""Partners' daily files: declarative layouts, what is due when, and archives; bytes in, typed rows out."""

from connectors.files.archive import Bounds, pack, unpack
from connectors.files.column import Column
from connectors.files.expected import Due, EmptyDay, Expected, missing
from connectors.files.forms import Form, Row, Value
from connectors.files.layout import Layout, amount, parts_of
from connectors.files.library import load_family, load_layouts
from connectors.files.shapes import Shape
from connectors.files.tells import MONEY, Means, Tells

__all__ = [
    "MONEY",
    "Bounds",
    "Column",
    "Due",
    "EmptyDay",
    "Expected",
    "Form",
    "Layout",
    "Means",
    "Row",
    "Shape",
    "Tells",
    "Value",
    "amount",
    "load_family",
    "load_layouts",
    "missing",
    "pack",
    "parts_of",
    "unpack",
]
