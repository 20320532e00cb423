"""Zones and record sets on OpenStack's Designate. Its names are exported by `cloud.infomaniak`."""
