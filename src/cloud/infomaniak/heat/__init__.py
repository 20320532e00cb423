"""Stacks on OpenStack's Heat. Its names are exported by `cloud.infomaniak`."""
