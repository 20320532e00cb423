# Sourced by up.sh: writes the configuration of every service to $ETC. Everything listens on loopback only.
RABBIT="rabbit://guest:guest@$H:$P_MQ/"
db(){ echo "mysql+pymysql://os:$PW@$H:$P_DB/$1?charset=utf8"; }
pool='max_pool_size = 5
max_overflow = 20
connection_recycle_time = 600'
authopts="auth_url = http://$H:$P_KEY/v3
auth_type = password
username = svc
password = $PW
project_name = service
user_domain_id = default
project_domain_id = default
region_name = $REGION"
# The service's type: without it the middleware refuses every token of a credential with access rules.
authtoken(){ cat <<X
[keystone_authtoken]
service_type = $1
www_authenticate_uri = http://$H:$P_KEY/v3
$authopts
memcached_servers = $H:$P_MC
service_token_roles = service
service_token_roles_required = true
[oslo_messaging_notifications]
driver = noop
[oslo_messaging_rabbit]
heartbeat_in_pthread = false
rabbit_retry_interval = 1
X
}
conf(){ mkdir -p $(dirname $ETC/$1); cat > $ETC/$1; }

conf my.cnf <<X
[mysqld]
datadir=$DATA/mysql
socket=$DATA/mysql.sock
pid-file=$DATA/mysql.pid
port=$P_DB
bind-address=$H
user=root
skip-name-resolve
max_connections=600
innodb_buffer_pool_size=256M
innodb_log_file_size=64M
innodb_flush_log_at_trx_commit=0
innodb_doublewrite=0
innodb_flush_method=nosync
performance_schema=off
skip-log-bin
character-set-server=utf8mb3
collation-server=utf8mb3_general_ci
X

conf keystone/keystone.conf <<X
[DEFAULT]
use_stderr = true
max_token_size = 1024
[database]
connection = $(db keystone)
$pool
[token]
provider = fernet
expiration = 14400
[fernet_tokens]
key_repository = $DATA/keystone/fernet
[fernet_receipts]
key_repository = $DATA/keystone/fernet
[credential]
key_repository = $DATA/keystone/credential
[cache]
enabled = true
# Keystone is one process here, so it needs none that is shared.
backend = dogpile.cache.memory_pickle
memcache_servers = $H:$P_MC
[identity]
password_hash_rounds = 4
X

conf glance/glance-api.conf <<X
[DEFAULT]
bind_host = $H
bind_port = $P_GLANCE
workers = 0
enabled_backends = file:file
node_staging_uri = file://$DATA/glance/staging/
enabled_import_methods = [glance-direct,web-download,copy-image]
[database]
connection = $(db glance)
$pool
[glance_store]
default_backend = file
[file]
filesystem_store_datadir = $DATA/glance/images
[os_glance_staging_store]
filesystem_store_datadir = $DATA/glance/staging
[os_glance_tasks_store]
filesystem_store_datadir = $DATA/glance/tasks
[paste_deploy]
flavor = keystone
config_file = /etc/glance/glance-api-paste.ini
[oslo_limit]
$authopts
[oslo_concurrency]
lock_path = $DATA/lock
$(authtoken image)
X

conf placement/placement.conf <<X
[placement_database]
connection = $(db placement)
$pool
[api]
auth_strategy = keystone
$(authtoken placement)
X

conf nova/nova.conf <<X
[DEFAULT]
host = ostack
my_ip = $H
transport_url = $RABBIT
compute_driver = fake.FakeDriver
state_path = $DATA/nova
osapi_compute_listen = $H
osapi_compute_listen_port = $P_NOVA
osapi_compute_workers = 1
enabled_apis = osapi_compute
allow_resize_to_same_host = true
vif_plugging_is_fatal = false
vif_plugging_timeout = 0
resize_confirm_window = 0
reclaim_instance_interval = 0
report_interval = 5
force_config_drive = false
use_rootwrap_daemon = false
rootwrap_config = /etc/nova/rootwrap.conf
[api]
auth_strategy = keystone
[api_database]
connection = $(db nova_api)
$pool
[database]
connection = $(db nova)
$pool
[conductor]
workers = 1
[scheduler]
workers = 1
discover_hosts_in_cells_interval = 30
[filter_scheduler]
enabled_filters = ComputeFilter,ImagePropertiesFilter,ServerGroupAntiAffinityFilter,ServerGroupAffinityFilter
track_instance_changes = false
[glance]
api_servers = http://$H:$P_GLANCE
[neutron]
$authopts
service_metadata_proxy = false
[placement]
$authopts
[cinder]
$authopts
catalog_info = volumev3:cinderv3:publicURL
os_region_name = $REGION
[service_user]
send_service_user_token = true
$authopts
[key_manager]
backend = nova.keymgr.conf_key_mgr.ConfKeyManager
fixed_key = 0000000000000000000000000000000000000000000000000000000000000000
[vnc]
enabled = true
[oslo_concurrency]
lock_path = $DATA/lock
[paste_deploy]
api_paste_config = /etc/nova/api-paste.ini
[wsgi]
api_paste_config = /etc/nova/api-paste.ini
$(authtoken compute)
X

conf neutron/neutron.conf <<X
[DEFAULT]
host = ostack
bind_host = $H
bind_port = $P_NEUTRON
transport_url = $RABBIT
core_plugin = ml2
service_plugins = router,qos,trunk,port_forwarding,network_ip_availability,auto_allocate
auth_strategy = keystone
api_workers = 1
rpc_workers = 1
rpc_state_report_workers = 0
state_path = $DATA/neutron
dhcp_agent_notification = false
notify_nova_on_port_status_changes = true
notify_nova_on_port_data_changes = true
api_paste_config = /etc/neutron/api-paste.ini
allow_overlapping_ips = true
router_distributed = false
[database]
connection = $(db neutron)
$pool
[nova]
$authopts
[placement]
$authopts
[oslo_concurrency]
lock_path = $DATA/lock
[experimental]
linuxbridge = true
[ml2]
type_drivers = flat,vlan,vxlan,local
tenant_network_types = vxlan
mechanism_drivers = openvswitch
extension_drivers = port_security,qos
[ml2_type_flat]
flat_networks = *
[ml2_type_vlan]
network_vlan_ranges = public:100:200
[ml2_type_vxlan]
vni_ranges = 1:4000
[securitygroup]
enable_security_group = true
[quotas]
quota_network = 100
quota_router = 50
$(authtoken network)
X

conf cinder/cinder.conf <<X
[DEFAULT]
host = ostack
my_ip = $H
transport_url = $RABBIT
auth_strategy = keystone
osapi_volume_listen = $H
osapi_volume_listen_port = $P_CINDER
osapi_volume_workers = 1
api_paste_config = /etc/cinder/api-paste.ini
rootwrap_config = /etc/cinder/rootwrap.conf
state_path = $DATA/cinder
resource_query_filters_file = /etc/cinder/resource_filters.json
glance_api_servers = http://$H:$P_GLANCE
enabled_backends = nfs
default_volume_type = standard
image_conversion_dir = $DATA/cinder/conversion
backup_driver = cinder.backup.drivers.swift.SwiftBackupDriver
backup_swift_url = http://$H:$P_SWIFT/v1/AUTH_
backup_swift_auth = per_user
backup_swift_block_size = 32768
backup_swift_object_size = 52428800
backup_workers = 1
backup_compression_algorithm = zlib
[nfs]
volume_driver = cinder.volume.drivers.nfs.NfsDriver
volume_backend_name = nfs
nfs_shares_config = $ETC/cinder/nfs_shares
nfs_mount_point_base = $DATA/cinder/mnt
nfs_snapshot_support = true
nfs_sparsed_volumes = true
nfs_qcow2_volumes = false
nas_secure_file_operations = false
nas_secure_file_permissions = false
max_over_subscription_ratio = 100
[backend_defaults]
image_volume_cache_enabled = false
[database]
connection = $(db cinder)
$pool
[nova]
$authopts
interface = public
[service_user]
send_service_user_token = true
$authopts
[key_manager]
backend = cinder.keymgr.conf_key_mgr.ConfKeyManager
fixed_key = 0000000000000000000000000000000000000000000000000000000000000000
[oslo_concurrency]
lock_path = $DATA/lock
$(authtoken block-storage)
X
echo "$H:/ostack" > $ETC/cinder/nfs_shares

conf swift/swift.conf <<X
[swift-hash]
swift_hash_path_suffix = ostack
swift_hash_path_prefix = ostack
[storage-policy:0]
name = Policy-0
default = yes
X
for t in account:$P_SWACC container:$P_SWCON object:$P_SWOBJ; do n=${t%:*}; conf swift/$n-server.conf <<X
[DEFAULT]
bind_ip = $H
bind_port = ${t#*:}
workers = 0
user = root
swift_dir = $ETC/swift
devices = $DATA/swift
mount_check = false
disable_fallocate = true
log_name = $n-server
log_address = $DATA/nolog
[pipeline:main]
pipeline = healthcheck $n-server
[app:$n-server]
use = egg:swift#$n
allow_versions = true
[filter:healthcheck]
use = egg:swift#healthcheck
[$n-replicator]
[$n-updater]
interval = 5
[$n-auditor]
[account-reaper]
[object-expirer]
X
done
conf swift/proxy-server.conf <<X
[DEFAULT]
bind_ip = $H
bind_port = $P_SWIFT
workers = 0
user = root
swift_dir = $ETC/swift
log_name = proxy-server
log_address = $DATA/nolog
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck proxy-logging cache listing_formats bulk tempurl ratelimit authtoken s3api s3token keystoneauth staticweb copy container-quotas account-quotas slo dlo versioned_writes symlink proxy-logging proxy-server
[app:proxy-server]
use = egg:swift#proxy
allow_account_management = true
account_autocreate = true
node_timeout = 30
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:healthcheck]
use = egg:swift#healthcheck
[filter:proxy-logging]
use = egg:swift#proxy_logging
[filter:cache]
use = egg:swift#memcache
memcache_servers = $H:$P_MC
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:bulk]
use = egg:swift#bulk
[filter:tempurl]
use = egg:swift#tempurl
[filter:ratelimit]
use = egg:swift#ratelimit
[filter:staticweb]
use = egg:swift#staticweb
[filter:copy]
use = egg:swift#copy
[filter:container-quotas]
use = egg:swift#container_quotas
[filter:account-quotas]
use = egg:swift#account_quotas
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
[filter:symlink]
use = egg:swift#symlink
[filter:versioned_writes]
use = egg:swift#versioned_writes
allow_versioned_writes = true
allow_object_versioning = true
[filter:s3api]
use = egg:swift#s3api
location = $REGION
s3_acl = false
check_bucket_owner = false
[filter:s3token]
use = egg:swift#s3token
auth_uri = http://$H:$P_KEY/v3
auth_url = http://$H:$P_KEY/v3
auth_type = password
username = svc
password = $PW
project_name = service
user_domain_id = default
project_domain_id = default
reseller_prefix = AUTH_
delay_auth_decision = False
secret_cache_duration = 0
[filter:authtoken]
paste.filter_factory = keystonemiddleware.auth_token:filter_factory
www_authenticate_uri = http://$H:$P_KEY/v3
service_type = object-store
$authopts
memcached_servers = $H:$P_MC
delay_auth_decision = True
service_token_roles_required = False
[filter:keystoneauth]
use = egg:swift#keystoneauth
operator_roles = admin, member
reseller_admin_role = ResellerAdmin
reseller_prefix = AUTH_
X

conf bind/rndc.key <<X
key "ostack" { algorithm hmac-sha256; secret "$(printf ostackostackostackostackostack12 | base64)"; };
X
conf bind/rndc.conf <<X
include "$ETC/bind/rndc.key";
options { default-key "ostack"; default-server $H; default-port $P_RNDC; };
X
conf bind/named.conf <<X
include "$ETC/bind/rndc.key";
options { directory "$DATA/bind"; pid-file none; session-keyfile none; listen-on port $P_BIND { $H; }; listen-on-v6 { none; };
 allow-new-zones yes; recursion no; minimal-responses yes; dnssec-validation no; request-ixfr no; allow-notify { $H; }; notify no; };
controls { inet $H port $P_RNDC allow { $H; } keys { "ostack"; }; };
X

conf designate/designate.conf <<X
[DEFAULT]
host = ostack
transport_url = $RABBIT
state_path = $DATA/designate
root_helper = sudo designate-rootwrap /etc/designate/rootwrap.conf
default_pool_id = 794ccc2c-d751-44fe-b57f-8894c9f5c842
quota_zones = 100
[storage:sqlalchemy]
connection = $(db designate)
$pool
[service:central]
workers = 1
threads = 100
managed_resource_email = hostmaster@ostack.test
[service:api]
listen = $H:$P_DNSAPI
workers = 1
auth_strategy = keystone
enable_api_v2 = True
enable_api_admin = True
enabled_extensions_admin = quotas, reports
enable_host_header = True
api_paste_config = /etc/designate/api-paste.ini
[service:mdns]
listen = $H:$P_MDNS
workers = 1
[service:worker]
workers = 1
poll_timeout = 5
poll_retry_interval = 1
poll_max_retries = 20
poll_delay = 0
[service:producer]
workers = 1
[oslo_concurrency]
lock_path = $DATA/lock
[network_api:neutron]
$authopts
endpoints = $REGION|http://$H:$P_NEUTRON
$(authtoken dns)
X
conf designate/pools.yaml <<X
- name: default
  description: ostack
  attributes: {}
  ns_records:
    - hostname: ns1.ostack.test.
      priority: 1
    - hostname: ns2.ostack.test.
      priority: 2
  nameservers:
    - host: $H
      port: $P_BIND
  targets:
    - type: bind9
      description: bind
      masters:
        - host: $H
          port: $P_MDNS
      options:
        host: $H
        port: $P_BIND
        rndc_host: $H
        rndc_port: $P_RNDC
        rndc_key_file: $ETC/bind/rndc.key
X

conf heat/heat.conf <<X
[DEFAULT]
host = ostack
transport_url = $RABBIT
num_engine_workers = 1
enable_stack_abandon = true
enable_stack_adopt = true
heat_metadata_server_url = http://$H:$P_HEATCFN
heat_waitcondition_server_url = http://$H:$P_HEATCFN/v1/waitcondition
region_name_for_services = $REGION
stack_domain_admin = heat_domain_admin
stack_domain_admin_password = $PW
stack_user_domain_name = heat
deferred_auth_method = password
environment_dir = /etc/heat/environment.d
template_dir = /etc/heat/templates
plugin_dirs =
[database]
connection = $(db heat)
$pool
[heat_api]
bind_host = $H
bind_port = $P_HEAT
workers = 0
[heat_api_cfn]
bind_host = $H
bind_port = $P_HEATCFN
workers = 0
[paste_deploy]
api_paste_config = /etc/heat/api-paste.ini
[clients_keystone]
auth_uri = http://$H:$P_KEY/v3
[ec2authtoken]
auth_uri = http://$H:$P_KEY/v3
[trustee]
auth_type = password
auth_url = http://$H:$P_KEY/v3
username = svc
password = $PW
user_domain_id = default
[cache]
enabled = true
backend = dogpile.cache.memory
$(authtoken orchestration)
X

# A second Heat over the same database, which acts by Keystone trusts, as Infomaniak's does: nested stacks need that,
# and application credentials may not make trusts. The first one takes the user's token instead.
sed "s/^deferred_auth_method = .*/deferred_auth_method = trusts/
  s#^transport_url = .*#transport_url = ${RABBIT}trusts#
  s/^host = .*/host = ostack-trusts/; s/^bind_port = $P_HEAT\$/bind_port = $P_HEATTRUSTS/" $ETC/heat/heat.conf > $ETC/heat/heat-trusts.conf

# Octavia's agent driver is a no-op; VIP ports are real neutron ports, amphorae are servers of the fake hypervisor.
conf octavia/octavia.conf <<X
[DEFAULT]
host = ostack
transport_url = $RABBIT
[api_settings]
bind_host = $H
bind_port = $P_OCTAVIA
api_base_uri = http://$H:$P_OCTAVIA
auth_strategy = keystone
enabled_provider_drivers = amphora:amphora over noop drivers,octavia:alias of amphora,noop_driver:noop
default_provider_driver = amphora
healthcheck_enabled = true
[database]
connection = $(db octavia)
$pool
[oslo_messaging]
topic = octavia_prov
rpc_thread_pool_size = 2
[service_auth]
$authopts
[networking]
[nova]
region_name = $REGION
[neutron]
region_name = $REGION
[glance]
region_name = $REGION
[cinder]
region_name = $REGION
[controller_worker]
workers = 1
amphora_driver = amphora_noop_driver
compute_driver = compute_nova_driver
network_driver = allowed_address_pairs_driver
image_driver = image_glance_driver
volume_driver = volume_noop_driver
distributor_driver = distributor_noop_driver
amp_image_tag = amphora
amp_image_owner_id =
amp_flavor_id = amphora
loadbalancer_topology = SINGLE
amp_active_wait_sec = 1
amp_active_retries = 200
client_ca = $DATA/octavia/ca.pem
[certificates]
cert_manager = local_cert_manager
cert_generator = local_cert_generator
ca_certificate = $DATA/octavia/ca.pem
ca_private_key = $DATA/octavia/ca.key
server_certs_key_passphrase = insecure-key-do-not-use-this-key
[haproxy_amphora]
client_cert = $DATA/octavia/client.pem
server_ca = $DATA/octavia/ca.pem
[health_manager]
heartbeat_key = ostack
controller_ip_port_list = $H:21555
bind_ip = $H
bind_port = 21555
[task_flow]
engine = serial
[oslo_concurrency]
lock_path = $DATA/lock
$(authtoken load-balancer)
X

conf gnocchi/gnocchi.conf <<X
[DEFAULT]
coordination_url = file://$DATA/gnocchi/coord
[api]
auth_mode = keystone
paste_config = $ETC/gnocchi/api-paste.ini
[indexer]
url = $(db gnocchi)
[storage]
driver = file
file_basepath = $DATA/gnocchi
[incoming]
driver = file
file_basepath = $DATA/gnocchi
[metricd]
workers = 1
metric_processing_delay = 2
$(authtoken metric)
X
conf cloudkitty/cloudkitty.conf <<X
[DEFAULT]
host = ostack
transport_url = $RABBIT
auth_strategy = keystone
state_path = $DATA/cloudkitty
[api]
host_ip = $H
port = $P_CK
[database]
connection = $(db cloudkitty)
$pool
[storage]
version = 1
backend = sqlalchemy
[collect]
collector = gnocchi
period = 60
wait_periods = 1
metrics_conf = /etc/cloudkitty/metrics.yml
[fetcher]
backend = gnocchi
[fetcher_gnocchi]
auth_section = ks_auth
region_name = $REGION
[collector_gnocchi]
auth_section = ks_auth
region_name = $REGION
[ks_auth]
$authopts
[orchestrator]
max_workers = 1
coordination_url = file://$DATA/cloudkitty/coord
[tooz]
[oslo_concurrency]
lock_path = $DATA/lock
$(authtoken rating)
X
# A second API of CloudKitty with the storage that version 2 of it needs: with the first one's, version 2 is not there.
# It rates nothing: its rows are pushed. Grouped by time it counts hours, as in production; up.sh gives it a time zone.
sed "s/^port = $P_CK\$/port = $P_CK2/; s/^version = 1\$/version = 2/; s/^backend = sqlalchemy\$/backend = influxdb/
  s/^period = 60\$/period = 3600/" $ETC/cloudkitty/cloudkitty.conf > $ETC/cloudkitty/cloudkitty-v2.conf
cat >> $ETC/cloudkitty/cloudkitty-v2.conf <<X
[storage_influxdb]
host = $H
port = $P_INFLUX
database = cloudkitty
username = cloudkitty
password = $PW
X
conf influxdb.conf <<X
reporting-disabled = true
bind-address = "$H:$P_INFLUXRPC"
[meta]
dir = "$DATA/influxdb/meta"
[data]
dir = "$DATA/influxdb/data"
wal-dir = "$DATA/influxdb/wal"
query-log-enabled = false
[http]
bind-address = "$H:$P_INFLUX"
log-enabled = false
[monitor]
store-enabled = false
[subscriber]
enabled = false
[continuous_queries]
enabled = false
X
# gnocchi's token filter reads the project's default configuration file unless told otherwise
sed "s#^oslo_config_project *= *gnocchi#&\noslo_config_file = $ETC/gnocchi/gnocchi.conf#" /etc/gnocchi/api-paste.ini > $ETC/gnocchi/api-paste.ini; cp -n /etc/gnocchi/policy.json $ETC/gnocchi/ 2>/dev/null
