"""How many random networks: the profile ci (the default, always the same ones) or --hypothesis-profile=long."""
from hypothesis import HealthCheck, settings

COMMON = {"deadline": None, "suppress_health_check": list(HealthCheck), "print_blob": True}
settings.register_profile("ci", max_examples=500, derandomize=True, database=None, **COMMON)
settings.register_profile("long", max_examples=20000, **COMMON)
settings.load_profile("ci")
