import { handOver, useMember } from './etcdctl-shell.ts'
import { stir } from './stir.ts'

/**
 * Shell that takes one member through a start or restart and waits for it, in one command on its host: no round trip is lost while it
 * comes up. What must happen even when the controller is lost in between is one job of systemd's: a restart is never a stop and then,
 * perhaps, a start.
 */

/** Arguments: deadline in seconds, folder of previous files, client URLs of the others, then those of useMember. */
const readMemberArguments = `
deadline=$1 previous=$2 others=$3; shift 3
${useMember}
last=
state() { [ "$1" = "$last" ] || printf 'state %s\\n' "$1"; last=$1; }
read_seconds() { read -r seconds _ </proc/uptime; seconds=\${seconds%.*}; }
`

/**
 * Before 3.4.25 and 3.5.8 a member that takes http and https on one port may hand what comes by gRPC over http to the server that wants
 * TLS: it is left to chance, at each start and for each address (etcd issue 15495). Only another start helps.
 */
const deafToHttp = `
hears() { timeout -k 1 3 "$etcdctl" --dial-timeout=1s --command-timeout=1s get etcd-deploy/any --keys-only --consistency=s >/dev/null 2>&1; }
deaf_to_http() {
  read_listens
  rest=$listens all=,$listens
  while [ "$rest" ]; do
    each=\${rest%%,*} rest=\${rest#*,}
    case $each in http:*) ;; *) continue ;; esac
    case $all in *",https:\${each#http:},"*) ;; *) continue ;; esac
    point_to "$each"
    # Twice: one that is slow is not deaf.
    hears || hears || return 0
  done
  return 1
}
`

/**
 * Asks systemd for a start or restart without blocking on it: READY=1 comes with quorum only, and that takes the others. The systemctl
 * that waits beside is told when it has come, so that systemd need not be asked ten times a second by hosts that have much to do now.
 * It belongs to no lock: without it the job goes on all the same.
 */
const beginJob = `
waiting=
begin_job() {
  stop_waiting
  systemctl reset-failed "$unit" 2>/dev/null || :
  systemctl "$1" "$unit" </dev/null >/dev/null 2>&1 3<&- 8>&- 9>&- & waiting=$!
}
trap stop_waiting EXIT
stop_waiting() { [ -z "$waiting" ] || kill "$waiting" 2>/dev/null || :; waiting=; }
job_goes_on() { [ "$waiting" ] && kill -0 "$waiting" 2>/dev/null; }
`

/** Polls until a linearizable read through the member succeeds: then it has quorum, and has applied what the leader had committed. */
const awaitMember = `
serves() { etcdctl_soon get etcd-deploy/any --keys-only \${consistency:-} >/dev/null 2>&1; }
await_member() { # deadline in seconds, the process that must be gone (or empty)
  read_seconds; until=$((seconds + $1)) former=$2 starts=1
  passed=7
  while :; do
    if job_goes_on && [ "$passed" -lt 9 ]; then passed=$((passed + 1)); sleep 0.1; continue; fi
    passed=0 now=''
    read_unit
    case $active in
    active)
      if [ -n "$former" ] && [ "$pid" = "$former" ]; then now=stopping
      elif point_to_member; serves; then
        deaf_to_http || { state healthy; return 0; }
        [ "$starts" -lt 30 ] || return 1
        starts=$((starts + 1)) now='restarting again, as it does not answer over http'
        former=$pid restarts_before=0
        begin_job restart
        read_seconds; until=$((seconds + $1))
      else now='running, not healthy yet'; fi ;;
    activating)
      if [ "$sub" = auto-restart ]; then now='ended, will be started again'; else stir; now=\${received:-waiting for peers}; fi ;;
    deactivating) now=stopping ;;
    *) case $job in '' | 0) job_goes_on || return 1 ;; esac; now=starting ;;
    esac
    state "$now"
    [ "\${restarts:-0}" -lt "\${restarts_before:-0}" ] && restarts_before=0
    [ $((\${restarts:-0} - \${restarts_before:-0})) -lt 3 ] || return 1
    read_seconds; [ "$seconds" -lt "$until" ] || return 1
    sleep 0.1
  done
}
`

const report = `
report() {
  echo '#@ report'
  systemctl show "$unit" -p ActiveState,SubState,Result,ExecMainStatus,NRestarts
  echo '#@ journal'
  journalctl -u "$unit" -n 80 --no-pager -o cat 2>/dev/null | cut -c1-1000 || :
  echo '#@ end'
}
`

/** Puts back what the restart replaced; \`previous/list\` has a line "NAME PATH" for each file, NAME "-" where there was none. */
const restorePrevious = `
restore_previous() {
  while read -r name path; do
    if [ "$name" = - ]; then rm -f "$path"; else restored=\${path%/*}/.\${path##*/}.etcd-deploy.$$.restored; cp -p "$previous/$name" "$restored" && mv "$restored" "$path"; fi
  done <"$previous/list"
  systemctl daemon-reload
}
give_up() {
  report
  [ -e "$previous/list" ] || exit 1
  state 'putting the previous files back'
  restore_previous
  read_unit; former=$pid; [ "$former" != 0 ] || former=
  restarts_before=0
  begin_job restart
  if await_member "$deadline" "$former"; then rm -rf "$previous"; echo '#@ rolled-back healthy'; else echo '#@ rolled-back unhealthy'; fi
  exit 1
}
`

const functions = readMemberArguments + beginJob + deafToHttp + stir + awaitMember + report + restorePrevious

const startAndWait = `
state starting
begin_job start
await_member "$deadline" "" || give_up
rm -rf "$previous"
`

/** Starts a member that does not run. */
export const startMember = functions + startAndWait

/**
 * The same in a bootstrap, with the files by which the host remembers that the cluster was formed, and the ids of all members behind the
 * other arguments: etcd's list names the client URLs of a member once that has published them, which took quorum.
 */
export const startAndRemember = `${functions}
came_up() {
  left=$#
  while IFS=, read -r id _ _ _ clients _; do
    case $clients in *://*) ;; *) continue ;; esac
    case " $* " in *" $id "*) left=$((left - 1)) ;; esac
  done <<LIST
$(etcdctl_soon member list 2>/dev/null)
LIST
  [ "$left" -eq 0 ]
}
members=$*
# All that came up have served; where one has not, this one may serve all the same.
serves() { came_up $members || etcdctl_soon get etcd-deploy/any --keys-only >/dev/null 2>&1; }
${startAndWait}
for attempt in 1 2 3 4 5 6 7 8 9 10; do
  if [ "$left" -eq 0 ] || came_up $members; then install_files || :; break; fi
  sleep 0.1
done
`

/** The same for a learner, which grants no read through quorum, and is waited for as long as it receives what the others have. */
export const startLearner = `consistency=--consistency=s receives=yes
${startMember}`

/** Waits for a member that runs but does not serve. */
export const waitForMember = `${functions}
read_unit; restarts_before=$restarts
await_member "$deadline" "" || give_up
rm -rf "$previous"
`

/**
 * Hands leadership over, keeps the files that will be replaced, installs the new ones, restarts and waits. The first extra argument is
 * the member to hand over to (or empty), the second the paths of the files that are replaced.
 */
export const restartMember = `
transferee=$1 replaced=$2; shift 2
${functions}
if [ "$replaced" ]; then
  rm -rf "$previous.new"; mkdir -p "$previous.new"; number=0
  for path in $replaced; do
    number=$((number + 1))
    if [ -e "$path" ]; then cp -p "$path" "$previous.new/$number"; echo "$number $path"; else echo "- $path"; fi
  done >"$previous.new/list"
  # An interrupted restart left the files that worked last: those are the ones to go back to.
  if [ -e "$previous/list" ]; then rm -rf "$previous.new"; else mv "$previous.new" "$previous"; fi
  install_files
  systemctl daemon-reload
fi
${handOver}
read_unit; former=$pid; [ "$former" != 0 ] || former=
state stopping
restarts_before=0
begin_job restart
await_member "$deadline" "$former" || give_up
rm -rf "$previous"
`
