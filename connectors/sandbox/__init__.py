"""Serves the simulators over HTTP on loopback, delivers their callbacks, and places their files."""

from connectors.sandbox.process import Plan, SandboxProcess, Seat
from connectors.sandbox.stage import LoanLine, Sandbox
from connectors.simulation.lender import Habits

__all__ = ["Habits", "LoanLine", "Plan", "Sandbox", "SandboxProcess", "Seat"]
