"""A busy machine is no failure: hypothesis counts examples, not milliseconds."""

from hypothesis import settings

settings.register_profile("labsbot", deadline=None)
settings.load_profile("labsbot")
