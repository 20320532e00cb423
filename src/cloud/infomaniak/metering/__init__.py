"""Usage from OpenStack's Nova, Gnocchi and CloudKitty. Its names are exported by `cloud.infomaniak`."""
