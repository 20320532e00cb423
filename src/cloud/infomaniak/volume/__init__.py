"""Volumes on OpenStack's Cinder. Its names are exported by `cloud.infomaniak`."""
