"""Servers for every test that wants one; they start at their first use and stop with the run."""

from hypothesis import HealthCheck, settings

pytest_plugins = ["servers.fixtures"]

# No example fails for being slow: how fast a machine is under load is no property of the code.
settings.register_profile("cloud", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("cloud")
