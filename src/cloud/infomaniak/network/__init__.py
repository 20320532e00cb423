"""Networks and load balancers on OpenStack's Neutron and Octavia. Its names are exported by `cloud.infomaniak`."""
