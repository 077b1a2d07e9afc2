"""Profiles from YAML: those that come with the package, and anyone's own."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources

import yaml
from pydantic import ValidationError

from signing.errors import ProfileInvalid
from signing.profile.legs import Profile


def parse_profile(text: str) -> Profile:
    """A profile from YAML. Raises ProfileInvalid, naming the place and the fault."""
    try:
        # Through JSON, because strict mode takes enumerations and tuples from JSON, not from Python strings.
        return Profile.model_validate_json(json.dumps(yaml.safe_load(text)))
    except (yaml.YAMLError, ValidationError, TypeError) as error:
        raise ProfileInvalid(f"profile: {error}") from error


@cache
def load_profile(name: str) -> Profile:
    """A built-in profile by name. Raises ProfileInvalid when there is none."""
    file = resources.files("signing") / "profiles" / f"{name}.yaml"
    if "/" in name or not file.is_file():
        raise ProfileInvalid(
            f"no built-in profile named {name!r}; there are: {', '.join(built_in_profiles())}"
        )
    return parse_profile(file.read_text(encoding="utf-8"))


@cache
def built_in_profiles() -> tuple[str, ...]:
    """Names of the profiles that come with the package."""
    files = (resources.files("signing") / "profiles").iterdir()
    return tuple(sorted(file.name.removesuffix(".yaml") for file in files if file.name.endswith(".yaml")))
