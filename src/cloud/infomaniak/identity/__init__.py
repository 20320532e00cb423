"""Users, projects and credentials on OpenStack's Keystone. Its names are exported by `cloud.infomaniak`."""
