/** Reads the whole host; read-host.ts knows its output. Sections begin with a line `#@ name`. */
export const hostScript = `
section() { printf '#@ %s\\n' "$1"; }
# With a dot in front: a file that somebody called "#@ unit" begins no section.
entries() { ls -Aq "$1" 2>/dev/null | sed 's/^/./'; }
service=$1 user=$2 group=$3 admin=$4 data=$5 wal=$6 client_port=$7 peer_port=$8 config=$9
text=\${10} hashed=\${11} known=\${12}
section clock; date +%s.%N
section system; uname -s; uname -m; systemctl --version 2>/dev/null | sed -n '1s/^systemd \\([0-9]*\\).*/\\1/p'
section names; hostname 2>/dev/null || cat /proc/sys/kernel/hostname; hostname -f 2>/dev/null || :
section addresses
if command -v ip >/dev/null; then
  ip -o addr show scope global | sed -n 's/\\\\.*//; s/^[0-9]*: *\\([^ @]*\\)[^ ]* .*inet6\\{0,1\\} \\([0-9a-f.:/]*\\)\\(.*\\)/\\2 \\1\\3/p'
else
  grep -B1 -h '/32 host LOCAL' /proc/net/fib_trie 2>/dev/null | sed -n 's/.*|-- \\([0-9.]*\\)$/\\1/p' | sort -u || :
  sed -n 's/^\\([0-9a-f]\\{32\\}\\) .. .. 00 .. *\\([^ ]*\\)$/\\1 \\2/p' /proc/net/if_inet6 2>/dev/null || :
fi
section accounts
getent passwd "$user" >/dev/null && echo user || :
getent group "$group" >/dev/null && echo group || :
getent group "$admin" >/dev/null && echo admin-group || :
section unit
systemctl show "$service.service" -p LoadState,ActiveState,SubState,Result,MainPID,NRestarts,UnitFileState,FragmentPath,NeedDaemonReload 2>/dev/null || :
pid=$(systemctl show "$service.service" -p MainPID 2>/dev/null | sed 's/.*=//')
if [ "\${pid:-0}" -gt 0 ] && [ -r "/proc/$pid/environ" ]; then
  section process
  echo "exe=$(readlink "/proc/$pid/exe" || :)"
  ticks=$(sed 's/.*) //' "/proc/$pid/stat" | cut -d' ' -f20)
  echo "startedAt=$ticks"; echo "hertz=$(getconf CLK_TCK)"; echo "uptime=$(cut -d' ' -f1 /proc/uptime)"
  section environment
  tr '\\0' '\\n' <"/proc/$pid/environ" | grep -E '^(ETCD_|DEPLOYED_|GOMAXPROCS=)' || :
else
  # Anybody's etcd: it may hold our ports or data under a unit of another name.
  section others
  for comm in $(grep -lsxE 'etcd([-._]?v?[0-9].*)?' /proc/[0-9]*/comm); do
    other=\${comm%/comm}
    [ "$other" != "/proc/\${pid:-0}" ] || continue
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
  at=$path; while [ ! -e "$at" ]; do at=$(dirname "$at"); done
  echo "$path $(df -Pk "$at" 2>/dev/null | sed -n '2s/.*[[:space:]]\\([0-9]\\{1,\\}\\)[[:space:]]\\{1,\\}[0-9]*%.*/\\1/p') $(stat -f -c %T "$at" 2>/dev/null | tr ' ' '-')"
done
section mounts; cut -d' ' -f2 /proc/mounts
section fstab; sed -n 's/^[^#[:space:]][^[:space:]]*[[:space:]]\\{1,\\}\\(\\/[^[:space:]]*\\).*/\\1/p' /etc/fstab 2>/dev/null || :
section listening; cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep ' 0A ' || :
section holders
if command -v ss >/dev/null; then ss -Hltnp "( sport = :$client_port or sport = :$peer_port )" 2>/dev/null | sed 's/^/ /' || :; fi
`
