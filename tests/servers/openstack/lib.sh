# Sourced by up.sh and down.sh: the ports, and processes that are known by their number and start time.
O=${1:-${OPENSTACK_HOME:-}}
if [ -z "$O" ]; then
  echo "usage: $0 FOLDER    (or OPENSTACK_HOME=FOLDER): where the data, logs and clouds.yaml go" >&2
  exit 2
fi
mkdir -p "$O" && O=$(readlink -f "$O") || exit 2
RUN=$O/run LOG=$O/log ETC=$O/etc DATA=$O/data BIN=$O/bin
HERE=$(dirname "$(readlink -f "$0")")
H=127.0.0.1
REGION=dc3-a
P_DB=21306 P_MQ=21672 P_MQDIST=21673 P_EPMD=21369 P_MC=21211
P_KEY=21500 P_GLANCE=21292 P_PLACE=21778 P_NOVA=21774 P_NEUTRON=21696 P_CINDER=21776
P_SWIFT=21080 P_SWACC=21082 P_SWCON=21081 P_SWOBJ=21083
P_DNSAPI=21901 P_MDNS=21354 P_BIND=21053 P_RNDC=21953
P_HEAT=21004 P_HEATTRUSTS=21005 P_HEATCFN=21003 P_OCTAVIA=21876 P_GNOCCHI=21041 P_CK=21889 P_CK2=21890
P_INFLUX=21086 P_INFLUXRPC=21088
PW=ostackpw # of every account here; nothing of this listens beyond loopback

# Field 22 of /proc/PID/stat: with it, a number that the system gave to another process is not taken for ours.
starttime(){ [ -r "/proc/$1/stat" ] && sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }
alive(){ # NAME: whether the process in run/NAME.pid is the one that was started
  [ -f "$RUN/$1.pid" ] || return 1
  local p s; read -r p s < "$RUN/$1.pid"
  [ -n "$p" ] && [ "$(starttime "$p")" = "$s" ]
}
start(){ # NAME COMMAND...: in a session of its own, so that down.sh can end all of its processes
  local n=$1; shift
  alive "$n" && return 0
  ( cd "$O" && exec setsid "$@" >>"$LOG/$n.log" 2>&1 </dev/null ) &
  local p=$!
  echo "$p $(starttime $p)" > "$RUN/$n.pid"
  disown $p 2>/dev/null || true
}
port(){ (exec 3<>"/dev/tcp/$H/$1") 2>/dev/null; }
waitport(){ # PORT NAME [SECONDS]
  local i
  for i in $(seq $((${3:-90}*5))); do port "$1" && return 0; sleep 0.2; done
  echo "!! $2 does not listen on $1; the end of its log:"; tail -20 "$LOG/$2.log"; return 1
}
require_free_ports(){ # before anything was started: a port that somebody else has would fail much later, and oddly
  local name taken=
  for name in ${!P_*}; do port "${!name}" && taken="$taken ${!name} ($name)"; done
  [ -z "$taken" ] && return 0
  echo "!! these ports of $H are in use, and this OpenStack needs them:$taken" >&2
  echo "   Is another one running? \`down.sh FOLDER\` with its folder ends it." >&2
  return 1
}
