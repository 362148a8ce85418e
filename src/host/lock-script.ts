import type { Fence } from './host.ts'
import { quote } from './quote.ts'
import { sh } from './shell-text.ts'

/** After this long without a sign of life from the controller its scripts are ended and the lock is free. */
const silenceSeconds = 50

/** Stands before the blocks of a script that changes the host: under a lock that is not ours any more, nothing runs. */
export function composeGuard(fence: Fence): string {
  return `${guard}\ned_guard ${quote(fence.dir)} ${quote(fence.token)} || { ed_mark fenced; ed_done; exit 0; }`
}

/** Takes the lock, runs the blocks beside the loop that holds it, and holds it. */
export function composeLock(fence: Fence, blocks: string): string {
  const holder = fence.holder.replaceAll(/\s+/g, ' ')
  return [
    lock,
    `ed_mark begin`,
    `ed_lock ${quote(fence.dir)} ${quote(fence.token)} ${quote(holder)}`,
    // Closing 8: a child that outlives this process must not keep the lock
    `{ ${blocks}\n ed_done; } 8>&- 3<&- &`,
    'ed_hold',
  ].join('\n')
}

// The shared lock on descriptor 9 marks a script and all its children as ours until the last of them is gone. It is taken
// before the token is read, and the next holder writes his token before he takes that lock for himself alone: so either he
// finds us and ends us, or we find his token.
const guard = sh`
ed_guard() { # folder, token
  ed_lock_dir=$1
  [ -f "$1/scripts.lock" ] && [ -f "$1/holder" ] || return 1
  exec 9<"$1/scripts.lock"
  flock -s -w 20 9 || return 1
  { IFS= read -r ed_token && IFS= read -r ed_holder; } <"$1/holder" || return 1
  [ "$ed_token" = "$2" ] && [ "/proc/$ed_holder/fd/8" -ef "$1/controller.lock" ]
}
`

const lock = sh`
# Ends every process that has the scripts' lock open, until it is ours alone. All are stopped before one is killed: a shell
# whose child was killed would go on to its next command.
ed_end_scripts() { # folder
  exec 9<"$1/scripts.lock"
  ed_tries=10
  ed_parents=
  until flock -n 9; do
    [ "$ed_tries" -gt 0 ] || return 1
    ed_tries=$((ed_tries - 1))
    for ed_signal in STOP STOP KILL; do
      for ed_process in /proc/[0-9]*; do
        [ "$ed_process/fd/9" -ef "$1/scripts.lock" ] || continue
        [ "$ed_process" != "/proc/$$" ] || continue
        [ "$ed_signal" != KILL ] || ed_parents="$ed_parents $(sed -n 's/^PPid:[[:space:]]*//p' "$ed_process/status" 2>/dev/null)"
        kill -s "$ed_signal" "\${ed_process##*/}" 2>/dev/null
      done
    done
    flock -w 1 9 && break
  done
  ed_resume $ed_parents
}

# sudo stops itself when its child is stopped, and would stay so for ever, with the child as a zombie that counts as alive.
ed_resume() { # processes
  [ $# -gt 0 ] || return 0
  for ed_round in 1 2 3; do
    for ed_process; do
      case $(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$ed_process/status" 2>/dev/null) in
        T) kill -s CONT "$ed_process" 2>/dev/null ;;
      esac
    done
    sleep 0.1
  done
}

# Files on their way, and folders for them, of scripts that were ended while they installed.
ed_clear() { # folder
  for ed_note in "$1"/temps.*; do
    [ -f "$ed_note" ] || continue
    while IFS= read -r ed_file; do
      case $ed_file in /*.etcd-deploy.*) rm -rf -- "$ed_file" ;; esac
    done <"$ed_note"
    rm -f -- "$ed_note"
  done
}

ed_lock() { # folder, token, holder
  mkdir -p -m 700 -- "$1" && : >>"$1/controller.lock" && : >>"$1/scripts.lock" || exit 1
  exec 8<"$1/controller.lock"
  # A moment of patience with the process that held it for a controller which has just gone
  if ! flock -n 8 && ! flock -w 2 8; then
    { IFS= read -r ed_token && IFS= read -r ed_process && IFS= read -r ed_holder; } <"$1/holder"
    ed_mark held "$ed_holder"
    ed_done
    exit 0
  fi
  ed_folder=$1
  trap 'ed_free' EXIT
  trap 'exit 1' HUP INT TERM PIPE
  printf '%s\n' "$2" "$$" "$3" >"$1/holder.new" && mv -f "$1/holder.new" "$1/holder" || exit 1
  ed_end_scripts "$1" || { ed_mark stuck; ed_done; exit 1; }
  ed_clear "$1"
  # From now on as a script of ours, which whoever comes next may end
  flock -s 9
  ed_mark locked
}

ed_hold() {
  exec 9<&-
  while :; do
    case $(timeout SILENCE head -c 1 <&3 8>&-) in
      .) ;;
      *) exit 0 ;;
    esac
  done
}

# The token goes first: a script that begins now refuses, one that has read it already has the lock open and is ended.
ed_free() {
  rm -f -- "$ed_folder/holder"
  ed_end_scripts "$ed_folder" && ed_clear "$ed_folder"
}
`.replace('SILENCE', String(silenceSeconds))
