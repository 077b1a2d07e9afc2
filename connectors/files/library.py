"""Layouts as data: read `layouts.yaml`-like files of a package, checked as they are read."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import yaml
from pydantic import TypeAdapter

from connectors.files.layout import Layout

_LAYOUTS = TypeAdapter(dict[str, Layout])


@cache
def load_layouts(package: str, name: str = "layouts") -> Mapping[str, Layout]:
    """Return the layouts in a package's `<name>.yaml`, by kind of file, in their order.

    Raises pydantic's ValidationError, a ValueError, when one makes no sense.
    """
    text = files(package).joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    return MappingProxyType(_LAYOUTS.validate_python(yaml.safe_load(text)))


def library() -> tuple[str, ...]:
    """Return the names of the families of layouts that come with the package."""
    folder = files("connectors.files").joinpath("library")
    names = (entry.name for entry in folder.iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml")))


def load_family(family: str) -> Mapping[str, Layout]:
    """Return one family of layouts that comes with the package, a starting point for a new partner."""
    return load_layouts("connectors.files", f"library/{family}")
