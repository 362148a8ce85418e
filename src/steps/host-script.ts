/**
 * Reads the whole host; read-host.ts knows its output. Sections begin with a line `#@ name`. It runs several times in every run, on all
 * hosts: what the shell can do itself is not left to sed and cut, each of which costs more than all the rest of its line.
 */
export const hostScript = `
section() { printf '#@ %s\\n' "$1"; }
# With a dot in front: a file that somebody called "#@ unit" begins no section.
entries() { [ -e "$1" ] || [ -L "$1" ] || return 0; ls -Aq "$1" 2>/dev/null | sed 's/^/./'; }
service=$1 user=$2 group=$3 admin=$4 data=$5 wal=$6 client_port=$7 peer_port=$8 config=$9
text=\${10} hashed=\${11} known=\${12} settled=\${13}
nl='
' running='' listening=''
section clock; date +%s.%N
section login; id -u
if [ "$settled" ]; then echo "$settled"; else
section system
system=$(uname -s -m); echo "\${system%% *}"; echo "\${system##* }"
systemd=$(systemctl --version 2>/dev/null) || :
systemd=\${systemd#systemd }; echo "\${systemd%%[!0-9]*}"
section names
{ read -r name </proc/sys/kernel/hostname && echo "$name"; } 2>/dev/null || hostname 2>/dev/null || :
hostname -f 2>/dev/null || :
fi
section addresses
if command -v ip >/dev/null; then
  ip -o addr show scope global | sed -n 's/\\\\.*//; s/^[0-9]*: *\\([^ @]*\\)[^ ]* .*inet6\\{0,1\\} \\([0-9a-f.:/]*\\)\\(.*\\)/\\2 \\1\\3/p'
else
  grep -B1 -h '/32 host LOCAL' /proc/net/fib_trie 2>/dev/null | sed -n 's/.*|-- \\([0-9.]*\\)$/\\1/p' | sort -u || :
  sed -n 's/^\\([0-9a-f]\\{32\\}\\) .. .. 00 .. *\\([^ ]*\\)$/\\1 \\2/p' /proc/net/if_inet6 2>/dev/null || :
fi
section accounts
getent passwd "$user" >/dev/null && echo user || :
groups=$nl$(getent group "$group" "$admin") || :
case $groups in *"$nl$group:"*) echo group ;; esac
case $groups in *"$nl$admin:"*) echo admin-group ;; esac
section unit
unit=$nl$(systemctl show "$service.service" -p LoadState,ActiveState,SubState,Result,MainPID,NRestarts,UnitFileState,FragmentPath,NeedDaemonReload 2>/dev/null) || :
echo "$unit"
pid=\${unit#*"$nl"MainPID=}; pid=\${pid%%"$nl"*}
case $pid in '' | *[!0-9]*) pid=0 ;; esac
if [ "$pid" -gt 0 ] && [ -r "/proc/$pid/environ" ]; then
  running=yes
  section process
  echo "exe=$(readlink "/proc/$pid/exe" || :)"
  { read -r stat <"/proc/$pid/stat"; } 2>/dev/null || stat=''
  set -- \${stat##*) }
  echo "startedAt=\${20:-}"; echo "hertz=$(getconf CLK_TCK)"
  read -r uptime idle </proc/uptime; echo "uptime=$uptime"
  section environment
  tr '\\0' '\\n' <"/proc/$pid/environ" | grep -E '^(ETCD_|DEPLOYED_|GOMAXPROCS=)' || :
else
  # Anybody's etcd: it may hold our ports or data under a unit of another name.
  section others
  for comm in $(grep -lsxE 'etcd([-._]?v?[0-9].*)?' /proc/[0-9]*/comm); do
    other=\${comm%/comm}
    [ "$other" != "/proc/$pid" ] || continue
    echo ".\${other##*/} $(sed -n 's/.*[:/]\\([^/]*\\.[^/]*\\)$/\\1/p' "$other/cgroup" 2>/dev/null | head -n 1)"
    ls -l "$other/fd" 2>/dev/null |
      sed -n 's/.* -> socket:\\[\\([0-9]*\\)\\]$/socket \\1/p; s/.* -> \\(\\/.*\\/member\\)\\/.*/folder \\1/p' | sort -u
  done
fi
section stat
stat -c '%n|%F|%a|%U|%G|%s|%Y' $hashed $known 2>/dev/null || :
section sums
sha256sum $hashed 2>/dev/null || :
section text
grep -aH '' /dev/null $text 2>/dev/null || :
section data; entries "$data"
section wal; [ -z "$wal" ] || entries "$wal"
section config; entries "$config"
section space
for path in "$data" $wal; do
  at=$path; while [ ! -e "$at" ]; do at=\${at%/*}; [ "$at" ] || at=/; done
  set -- $(stat -f -c '%a %S %T' "$at" 2>/dev/null)
  if [ $# -lt 3 ]; then echo "$path 0"; continue; fi
  free=$(($1 * ($2 / 512) / 2)); shift 2
  type=$*; while [ "$type" != "\${type#* }" ]; do type=\${type%% *}-\${type#* }; done
  echo "$path $free $type"
done
section mounts; cut -d' ' -f2 /proc/mounts
section fstab; sed -n 's/^[^#[:space:]][^[:space:]]*[[:space:]]\\{1,\\}\\(\\/[^[:space:]]*\\).*/\\1/p' /etc/fstab 2>/dev/null || :
section listening
# Our ports may be taken while our unit does not run; the kernel goes through all its sockets for these files, ss through all processes.
[ "$running" ] || listening=$(grep -h ' 0A ' /proc/net/tcp /proc/net/tcp6 2>/dev/null) || :
echo "$listening"
section holders
case $listening in
*":$(printf %04X "$client_port") "* | *":$(printf %04X "$peer_port") "*)
  if command -v ss >/dev/null; then ss -Hltnp "( sport = :$client_port or sport = :$peer_port )" 2>/dev/null | sed 's/^/ /' || :; fi ;;
esac
`
