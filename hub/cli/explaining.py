"""`explain`: why a line of a statement is what it is."""

from __future__ import annotations

from hub.cli.acting import opened
from hub.flows.explaining import explanation


def explain(ref: str) -> bool:
    """Print the explanation of a line, Chinese first; returns whether its numbers give its amount again."""
    with opened() as context:
        found = explanation(context, ref)
    for step in found.steps:
        print(step.zh)
        print(f"    {step.en}")
    print("重算一致 its numbers give it again" if found.agrees else "重算不一致 its numbers do NOT give it")
    return found.agrees
