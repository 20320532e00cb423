"""Instances on OpenStack's Nova. Its names are exported by `cloud.infomaniak`."""
