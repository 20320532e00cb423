#!/bin/bash
# Stops what up.sh started, and nothing else: the process groups named in run/*.pid. The data stays.
# usage: down.sh FOLDER
. "$(dirname "$(readlink -f "$0")")/lib.sh"
LAST="mariadb rabbitmq epmd memcached" # the others need them while they stop
names(){ (cd "$RUN" 2>/dev/null && ls ./*.pid 2>/dev/null) | sed 's#^\./##; s/\.pid$//'; }
others(){ names | grep -vxE 'mariadb|rabbitmq|epmd|memcached'; }
stop(){ # NAME SIGNAL
  local p s
  alive "$1" || return 0
  read -r p s < "$RUN/$1.pid"
  kill "-$2" -- "-$p" 2>/dev/null || kill "-$2" "$p" 2>/dev/null
}
any_alive(){ local n; for n in "$@"; do alive "$n" && return 0; done; return 1; }
for n in $(others); do stop "$n" TERM; done
for _ in $(seq 25); do any_alive $(others) || break; sleep 0.2; done
for n in $(others); do stop "$n" KILL; done
for n in rabbitmq memcached mariadb; do stop "$n" TERM; done
for _ in $(seq 100); do any_alive mariadb rabbitmq || break; sleep 0.2; done
stop epmd TERM
for n in $LAST; do stop "$n" KILL; done
sleep 0.3
rm -f "$RUN"/*.pid
for m in "$DATA"/cinder/mnt/*; do mountpoint -q "$m" && umount "$m"; done
echo "down"
