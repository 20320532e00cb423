"""Servers for every test that wants one; they start at their first use and stop with the run."""

pytest_plugins = ["servers.fixtures"]
