#!/bin/bash
# Brings up an OpenStack (Debian 12's packages, release Zed) on loopback ports of this machine. Idempotent.
# usage: up.sh FOLDER    (needs root; FOLDER gets data, logs, clouds.yaml and ec2.json)
#
# Real: Keystone, Swift with S3, Glance, Placement, Nova, Neutron, Cinder (files), Designate with BIND, Heat, Octavia,
# Gnocchi, CloudKitty. Not real: Nova's hypervisor and Octavia's amphora agent (OpenStack's own fakes), and Neutron's
# agents (rows and triggers in its database say what they would).
set -u
. "$(dirname "$(readlink -f "$0")")/lib.sh"
[ "$(id -u)" = 0 ] || { echo "!! this needs root: it installs Debian packages and mounts a folder" >&2; exit 1; }
command -v apt-get >/dev/null && grep -q '^VERSION_ID="12"' /etc/os-release ||
  { echo "!! this needs Debian 12, whose packages it installs" >&2; exit 1; }
mkdir -p "$RUN" "$LOG" "$ETC" "$DATA" "$BIN"
[ -n "$(ls "$RUN")" ] || require_free_ports || exit 1
T0=$(date +%s.%N)
el(){ /usr/bin/python3 -c "import sys,time;print(f'{time.time()-float(sys.argv[1]):6.1f}s', *sys.argv[2:])" "$T0" "$@"; }
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
export PATH=/usr/sbin:/usr/bin:/sbin:/bin # Debian's python3, whatever else this machine has
unset PYTHONPATH PYENV_VERSION VIRTUAL_ENV
# The *-common and python3-* packages: those of the services themselves bring init scripts, libvirt and qemu.
PKGS="keystone nova-common python3-nova neutron-common python3-neutron cinder-common python3-cinder glance-common python3-glance
 heat-common python3-heat designate-common python3-designate placement-common python3-placement
 python3-swift swift swift-proxy swift-account swift-container swift-object octavia-common python3-octavia
 gnocchi-common python3-gnocchi cloudkitty-common python3-cloudkitty influxdb python3-influxdb tzdata
 rabbitmq-server mariadb-server memcached bind9 bind9-utils bind9-dnsutils uwsgi-core uwsgi-plugin-python3
 python3-pymysql python3-openstacksdk qemu-utils nfs-common dmidecode openssl"
# ------------------------------------------------------------------ packages
missing=$(for p in $PKGS; do dpkg-query -W -f='${Status}' $p 2>/dev/null | grep -q 'ok installed' || echo $p; done)
if [ -n "$missing" ]; then
  el "installing: $(echo $missing)"
  # Debian's packages start no service meanwhile; without this file, which would keep all others from starting, too.
  [ -e /usr/sbin/policy-rc.d ] || { trap 'rm -f /usr/sbin/policy-rc.d' EXIT; printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d; chmod +x /usr/sbin/policy-rc.d; }
  apt-get update -q >$LOG/apt.log 2>&1
  apt-get install -y --no-install-recommends -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold -o Dpkg::Options::=--force-unsafe-io -o APT::Get::Show-Upgraded=false $missing >>$LOG/apt.log 2>&1 || { tail -30 $LOG/apt.log; exit 1; }
  [ -n "$(trap -p EXIT)" ] && { rm -f /usr/sbin/policy-rc.d; trap - EXIT; }
  el "packages installed"
fi
# ------------------------------------------------------------------ wrappers for console scripts that only the init-script packages ship
w(){ printf '#!/usr/bin/python3\nimport sys\nsys.argv[0]="%s"\nfrom %s import main\nsys.exit(main())\n' $1 $2 > $BIN/$1; chmod +x $BIN/$1; }
w glance-api glance.cmd.api
for s in compute conductor scheduler; do w nova-$s nova.cmd.$s; done; w nova-api nova.cmd.api_os_compute
# nova's fake driver does not upload a snapshot; this wrapper adds that, so that server images become active
cat > $BIN/nova-compute <<'X'
#!/usr/bin/python3
import io, sys
sys.argv[0] = "nova-compute"
from nova.cmd.compute import main
from nova.image import glance
from nova.virt import fake
orig = fake.FakeDriver.snapshot
def snapshot(self, context, instance, image_id, update_task_state):
    orig(self, context, instance, image_id, update_task_state)
    api = glance.API()
    meta = api.get(context, image_id)
    api.update(context, image_id, {"name": meta.get("name"), "disk_format": "raw", "container_format": "bare", "properties": meta.get("properties", {})}, io.BytesIO(b"\0" * 512), purge_props=False)
fake.FakeDriver.snapshot = snapshot
sys.exit(main())
X
for s in api scheduler volume backup; do w cinder-$s cinder.cmd.$s; done
for s in api engine api_cfn; do w heat-$s heat.cmd.$s; done
for s in api central producer worker mdns; do w designate-$s designate.cmd.$s; done
w octavia-worker octavia.cmd.octavia_worker
# ------------------------------------------------------------------ configuration
. "$HERE/config.sh"
el "configuration written"
# ------------------------------------------------------------------ infrastructure
mkdir -p $DATA/{mysql,rabbitmq,keystone,glance/{images,staging,tasks},nova/instances,neutron,cinder/{mnt,conversion,share},swift/d1,bind,designate,octavia,cloudkitty/coord,gnocchi/{tmp,coord},lock}
if [ ! -d $DATA/mysql/mysql ]; then mariadb-install-db --defaults-file=$ETC/my.cnf --auth-root-authentication-method=normal --skip-test-db >$LOG/mysql_install.log 2>&1 || { tail $LOG/mysql_install.log; exit 1; }; fi
start mariadb mariadbd --defaults-file=$ETC/my.cnf
start epmd epmd -address $H -port $P_EPMD
start memcached memcached -u root -l $H -p $P_MC -m 64 -U 0
[ -f $DATA/rabbitmq/.erlang.cookie ] || { head -c 12 /dev/urandom | base64 | tr -dc A-Za-z > $DATA/rabbitmq/.erlang.cookie; chmod 400 $DATA/rabbitmq/.erlang.cookie; }
start rabbitmq env HOME=$DATA/rabbitmq RABBITMQ_NODENAME=ostack@localhost RABBITMQ_NODE_IP_ADDRESS=$H RABBITMQ_NODE_PORT=$P_MQ RABBITMQ_DIST_PORT=$P_MQDIST ERL_EPMD_PORT=$P_EPMD ERL_EPMD_ADDRESS=$H \
  RABBITMQ_BASE=$DATA/rabbitmq RABBITMQ_MNESIA_BASE=$DATA/rabbitmq/mnesia RABBITMQ_LOG_BASE=$LOG/rabbit RABBITMQ_LOGS=- RABBITMQ_ENABLED_PLUGINS_FILE=$DATA/rabbitmq/enabled_plugins RABBITMQ_CONF_ENV_FILE=/dev/null \
  RABBITMQ_GENERATED_CONFIG_DIR=$DATA/rabbitmq/gen RABBITMQ_CONFIG_FILE=$DATA/rabbitmq/none RABBITMQ_ADVANCED_CONFIG_FILE=$DATA/rabbitmq/none2 \
  RABBITMQ_SERVER_ERL_ARGS="+P 1048576 +t 5000000 +S 1:1 +sbwt none" RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1}" /usr/lib/rabbitmq/bin/rabbitmq-server
start bind named -f -c $ETC/bind/named.conf
waitport $P_DB mariadb 60 || exit 1
M="mariadb --defaults-file=/dev/null -u root -S $DATA/mysql.sock"
if [ ! -f $DATA/.db ]; then
  for d in keystone glance placement nova nova_api nova_cell0 neutron cinder designate heat octavia gnocchi cloudkitty; do echo "CREATE DATABASE IF NOT EXISTS $d CHARACTER SET utf8mb3;"; done | $M
  echo "CREATE USER IF NOT EXISTS os@'%' IDENTIFIED BY '$PW'; GRANT ALL ON *.* TO os@'%';" | $M && touch $DATA/.db
fi
el "mariadb up"
# every schema, as the sync commands left it, is kept in one dump of 60 KB beside this script, named after the packages' versions:
# it saves about four minutes. After an upgrade of the packages a new one is written to FOLDER; copy it here.
VER=$(dpkg-query -W -f='${Package} ${Version}\n' keystone glance-common placement-common nova-common neutron-common cinder-common designate-common heat-common octavia-common gnocchi-common cloudkitty-common | md5sum | cut -c1-12)
DUMP=$O/schema-$VER.sql.gz
[ -f $DUMP ] || [ ! -f "$HERE/schema-$VER.sql.gz" ] || cp "$HERE/schema-$VER.sql.gz" $DUMP
if [ -f $DUMP ] && [ ! -f $DATA/.sync-keystone ]; then
  zcat $DUMP | $M && touch $DATA/.sync-{keystone,nova,placement,glance,neutron,cinder,designate,heat,octavia,cloudkitty} && el "schemas loaded from $DUMP"
fi
fkeys(){ mkdir -p $1; chmod 700 $1; for i in 0 1; do [ -s $1/$i ] || head -c 32 /dev/urandom | base64 -w0 | tr '+/' '-_' > $1/$i; done; chmod 600 $1/*; }
fkeys $DATA/keystone/fernet; fkeys $DATA/keystone/credential
# ------------------------------------------------------------------ schemas (once), two at a time
sync(){ # name cmd
  [ -f $DATA/.sync-$1 ] && return 0
  local n=$1; shift; "$@" >$LOG/sync-$n.log 2>&1 && touch $DATA/.sync-$n && el "schema $n" || { echo "!! schema $n"; tail -5 $LOG/sync-$n.log; }
}
nova_sync(){ c="--config-file $ETC/nova/nova.conf"; nova-manage $c api_db sync && nova-manage $c cell_v2 map_cell0 --database_connection "$(db nova_cell0)" && nova-manage $c db sync && { nova-manage $c cell_v2 list_cells | grep -q cell1 || nova-manage $c cell_v2 create_cell --name cell1; }; }
key_sync(){ keystone-manage --config-file $ETC/keystone/keystone.conf db_sync && keystone-manage --config-file $ETC/keystone/keystone.conf bootstrap --bootstrap-password $PW --bootstrap-region-id $REGION --bootstrap-public-url http://$H:$P_KEY/v3 --bootstrap-internal-url http://$H:$P_KEY/v3 --bootstrap-admin-url http://$H:$P_KEY/v3; }
rings(){ local t n; cd $ETC/swift; for t in account:$P_SWACC container:$P_SWCON object:$P_SWOBJ; do n=${t%:*}; rm -f $n.builder $n.ring.gz; swift-ring-builder $n.builder create 4 1 1 && swift-ring-builder $n.builder add --region 1 --zone 1 --ip $H --port ${t#*:} --device d1 --weight 1 && swift-ring-builder $n.builder rebalance; done; [ -f object.ring.gz ]; }
octavia_certs(){ cd $DATA/octavia; openssl req -x509 -newkey rsa:2048 -keyout k.pem -passout pass:p -days 3650 -out ca.pem -subj /CN=ostack && openssl rsa -in k.pem -passin pass:p -out ca.key && cat ca.pem ca.key > client.pem; }
lane1(){ sync keystone key_sync; }
lane1
# keystone and swift first
uw(){ # name port wsgi-file [ENV=value ...] [-- more uwsgi options]
  local n=$1 p=$2 f=$3 e=(); shift 3
  while [ $# -gt 0 ] && [ "$1" != -- ]; do e+=("$1"); shift; done; [ $# -gt 0 ] && shift
  start $n env "${e[@]}" uwsgi_python3 --master --http-socket $H:$p --wsgi-file $f --processes 1 --threads 8 --enable-threads --lazy-apps --need-app --buffer-size 65535 --post-buffering 65536 --add-header 'Connection: close' --socket-timeout 300 --die-on-term --disable-logging --procname-prefix-spaced $n "$@"
}
# One thread: its AuthContextMiddleware keeps the token of a request where another thread's request overwrites it,
# and judges the one by the other's roles.
uw keystone $P_KEY /usr/bin/keystone-wsgi-public OS_KEYSTONE_CONFIG_DIR=$ETC/keystone OS_KEYSTONE_CONFIG_FILES=$ETC/keystone/keystone.conf -- --threads 1
lane2(){ sync rings rings; sync octavia-certs octavia_certs; sync nova nova_sync; sync placement env OS_PLACEMENT_CONFIG_DIR=$ETC/placement placement-manage --config-file $ETC/placement/placement.conf db sync; sync glance glance-manage --config-file $ETC/glance/glance-api.conf db_sync; sync gnocchi gnocchi-upgrade --config-file $ETC/gnocchi/gnocchi.conf; sync cloudkitty ck_sync; }
ck_sync(){ cloudkitty-dbsync --config-file $ETC/cloudkitty/cloudkitty.conf upgrade && cloudkitty-storage-init --config-file $ETC/cloudkitty/cloudkitty.conf; }
lane3(){ sync neutron neutron-db-manage --config-file $ETC/neutron/neutron.conf upgrade head; sync cinder cinder-manage --config-file $ETC/cinder/cinder.conf db sync; sync designate designate-manage --config-file $ETC/designate/designate.conf database sync; sync heat heat-manage --config-file $ETC/heat/heat.conf db_sync; sync octavia octavia-db-manage --config-file $ETC/octavia/octavia.conf upgrade head; }
lane2 & l2=$!; lane3 & l3=$!; wait $l2 $l3
if [ ! -f $DUMP ] && [ "$(ls $DATA/.sync-{keystone,nova,placement,glance,neutron,cinder,designate,heat,octavia,cloudkitty} 2>/dev/null | wc -l)" = 10 ] && [ ! -f $DATA/.identities ]; then
  mariadb-dump --defaults-file=/dev/null -u root -S $DATA/mysql.sock --single-transaction --databases keystone glance placement nova nova_api nova_cell0 neutron cinder designate heat octavia cloudkitty | gzip -9 > $DUMP.part && mv $DUMP.part $DUMP && el "schemas dumped to $DUMP"
fi
waitport $P_KEY keystone || exit 1
waitport $P_MQ rabbitmq 60 || exit 1
# The second Heat's messages go their own way: both engines would take them from one queue otherwise.
[ -f $DATA/.vhost ] || { env HOME=$DATA/rabbitmq RABBITMQ_NODENAME=ostack@localhost ERL_EPMD_PORT=$P_EPMD RABBITMQ_CONF_ENV_FILE=/dev/null \
  bash -c '/usr/lib/rabbitmq/bin/rabbitmqctl add_vhost trusts && /usr/lib/rabbitmq/bin/rabbitmqctl set_permissions -p trusts guest ".*" ".*" ".*"' >$LOG/vhost.log 2>&1 \
  && touch $DATA/.vhost || { tail -5 $LOG/vhost.log; exit 1; }; }
el "schemas, rabbitmq and keystone up"
# ------------------------------------------------------------------ identities, catalog
/usr/bin/python3 "$HERE/boot.py" identity "$O" || exit 1
touch $DATA/.identities
el "identities"
# ------------------------------------------------------------------ services
# the cinder "NFS share" is a bind mount at the very path the NFS driver would mount it on
share=$DATA/cinder/mnt/$(printf %s "$H:/ostack" | md5sum | cut -d' ' -f1); mkdir -p $share
mountpoint -q $share || mount --bind $DATA/cinder/share $share
uw placement $P_PLACE /usr/bin/placement-api OS_PLACEMENT_CONFIG_DIR=$ETC/placement
for n in account container object; do start swift-$n swift-$n-server $ETC/swift/$n-server.conf; done
start swift-proxy swift-proxy-server $ETC/swift/proxy-server.conf verbose
start neutron /usr/bin/neutron-server --config-file $ETC/neutron/neutron.conf
start nova-conductor $BIN/nova-conductor --config-file $ETC/nova/nova.conf
start nova-api $BIN/nova-api --config-file $ETC/nova/nova.conf
start glance $BIN/glance-api --config-file $ETC/glance/glance-api.conf
start nova-scheduler $BIN/nova-scheduler --config-file $ETC/nova/nova.conf
start cinder-api $BIN/cinder-api --config-file $ETC/cinder/cinder.conf
start cinder-scheduler $BIN/cinder-scheduler --config-file $ETC/cinder/cinder.conf
start cinder-volume $BIN/cinder-volume --config-file $ETC/cinder/cinder.conf
start cinder-backup $BIN/cinder-backup --config-file $ETC/cinder/cinder.conf
start designate-central $BIN/designate-central --config-file $ETC/designate/designate.conf
start designate-api $BIN/designate-api --config-file $ETC/designate/designate.conf
start designate-producer $BIN/designate-producer --config-file $ETC/designate/designate.conf
start designate-worker $BIN/designate-worker --config-file $ETC/designate/designate.conf
start designate-mdns $BIN/designate-mdns --config-file $ETC/designate/designate.conf
start heat-engine $BIN/heat-engine --config-file $ETC/heat/heat.conf
start heat-api $BIN/heat-api --config-file $ETC/heat/heat.conf
start heat-trusts-engine $BIN/heat-engine --config-file $ETC/heat/heat-trusts.conf
start heat-trusts-api $BIN/heat-api --config-file $ETC/heat/heat-trusts.conf
octavia_start(){
uw octavia $P_OCTAVIA /usr/bin/octavia-wsgi -- --pyargv "--config-file $ETC/octavia/octavia.conf --config-file $ETC/octavia/ids.conf"
start octavia-worker $BIN/octavia-worker --config-file $ETC/octavia/octavia.conf --config-file $ETC/octavia/ids.conf
}
[ -f $ETC/octavia/ids.conf ] && octavia_start   # first time: after its network exists
uw gnocchi-api $P_GNOCCHI /usr/bin/gnocchi-api -- --pyargv "--config-file $ETC/gnocchi/gnocchi.conf"
start gnocchi-metricd gnocchi-metricd --config-file $ETC/gnocchi/gnocchi.conf
uw cloudkitty-api $P_CK /usr/bin/cloudkitty-api -- --pyargv "--config-file $ETC/cloudkitty/cloudkitty.conf"
start influxdb influxd -config $ETC/influxdb.conf
# Its times are another zone's: nothing says that a cloud's servers keep UTC.
uw cloudkitty-v2-api $P_CK2 /usr/bin/cloudkitty-api TZ=Europe/Zurich -- --pyargv "--config-file $ETC/cloudkitty/cloudkitty-v2.conf"
start cloudkitty-processor cloudkitty-processor --config-file $ETC/cloudkitty/cloudkitty.conf
waitport $P_PLACE placement; waitport $P_NEUTRON neutron
start nova-compute $BIN/nova-compute --config-file $ETC/nova/nova.conf
for s in $P_SWIFT:swift-proxy $P_GLANCE:glance $P_NOVA:nova-api $P_CINDER:cinder-api $P_DNSAPI:designate-api $P_HEAT:heat-api $P_HEATTRUSTS:heat-trusts-api $P_GNOCCHI:gnocchi-api $P_CK:cloudkitty-api $P_INFLUX:influxdb $P_CK2:cloudkitty-v2-api; do waitport ${s%:*} ${s#*:}; done
el "all ports listen"
# the openvswitch mechanism driver binds ports only to hosts with a live agent: one row says so (heartbeat in 2099)
$M neutron -e "INSERT IGNORE INTO agents (id,agent_type,\`binary\`,topic,host,admin_state_up,created_at,started_at,heartbeat_timestamp,description,configurations,resource_versions,\`load\`,resources_synced) VALUES ('00000000-0000-4000-8000-00000000a6e7','Open vSwitch agent','neutron-openvswitch-agent','N/A','ostack',1,NOW(),NOW(),'2099-01-01 00:00:00','no agent, only this row','{\"bridge_mappings\":{\"public\":\"br-ex\"},\"tunnel_types\":[\"vxlan\"],\"tunneling_ip\":\"127.0.0.1\",\"datapath_type\":\"system\",\"ovs_hybrid_plug\":false,\"vhostuser_socket_dir\":\"/var/run/openvswitch\",\"ovs_capabilities\":{\"datapath_types\":[\"system\"],\"iface_types\":[]}}','{}',0,1)" || true
# no L2/L3 agent reports back, so the database says what they would: bound compute/router ports and associated floating IPs are ACTIVE
[ -f $DATA/.triggers ] || $M neutron <<'X' && touch $DATA/.triggers
CREATE OR REPLACE TRIGGER fip_i BEFORE INSERT ON floatingips FOR EACH ROW SET NEW.status=IF(NEW.fixed_port_id IS NULL,'DOWN','ACTIVE');
CREATE OR REPLACE TRIGGER fip_u BEFORE UPDATE ON floatingips FOR EACH ROW SET NEW.status=IF(NEW.fixed_port_id IS NULL,'DOWN','ACTIVE');
CREATE OR REPLACE TRIGGER port_i BEFORE INSERT ON ports FOR EACH ROW SET NEW.status=IF(NEW.admin_state_up=1 AND (NEW.device_owner LIKE 'compute:%' OR NEW.device_owner LIKE 'network:router%' OR NEW.device_owner='Octavia'),'ACTIVE',NEW.status);
CREATE OR REPLACE TRIGGER port_u BEFORE UPDATE ON ports FOR EACH ROW SET NEW.status=IF(NEW.admin_state_up=1 AND (NEW.device_owner LIKE 'compute:%' OR NEW.device_owner LIKE 'network:router%' OR NEW.device_owner='Octavia'),'ACTIVE','DOWN');
X
[ -f $DATA/.pool ] || { designate-manage --config-file $ETC/designate/designate.conf pool update --file $ETC/designate/pools.yaml >$LOG/pool.log 2>&1 && touch $DATA/.pool || tail -5 $LOG/pool.log; }
/usr/bin/python3 "$HERE/boot.py" resources "$O" || exit 1
octavia_start; waitport $P_OCTAVIA octavia || exit 1
el "ready: $O/clouds.yaml (clouds: ostack, ostack-unrestricted, ostack-admin, ostack-password)"
