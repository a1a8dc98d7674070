"""Builds the house and runs it: the only place that knows everyone."""
