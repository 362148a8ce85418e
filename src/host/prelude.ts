import { sh } from './shell-text.ts'

/**
 * Shell functions that stand before every script. File descriptors 3 (what the controller sends), 8 and 9 (locks) and
 * names that begin with `ed_` belong to it.
 */
export const prelude = sh`
LC_ALL=C
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\${PATH:+:$PATH}
export LC_ALL PATH
unset CDPATH GREP_OPTIONS
umask 077
cd /
ed_nl='
'
ed_mark() { printf '%s %s\n' "$ed_nonce" "$*"; }
ed_done() { ed_mark done; printf '%s done\n' "$ed_nonce" >&2; }

# Temporary files of a run that was killed: the process in their name is gone.
ed_sweep() {
  for ed_file in "$1"/.*.etcd-deploy.*; do
    ed_pid=\${ed_file##*.etcd-deploy.}
    ed_pid=\${ed_pid%%.*}
    case $ed_pid in '' | *[!0-9]*) continue ;; esac
    [ -d "/proc/$ed_pid" ] || rm -rf -- "$ed_file"
  done
}

# Reads exactly $1 bytes, compressed ones where a z stands behind, whatever becomes of them, so that what follows on stdin is still
# understood after a full disk.
ed_receive() {
  case $1 in
  *z) head -c "\${1%z}" <&3 | { gzip -dc >"$2" || { cat >/dev/null; false; }; } ;;
  # A small one in one process, which has read it whole before it writes
  [1-9] | [1-9]? | [1-9]?? | [1-9]??? | [1-9]????)
    if true >>"$2"; then dd bs="$1" count=1 iflag=fullblock status=none <&3 >"$2"; else head -c "$1" <&3 >/dev/null; false; fi ;;
  *) head -c "$1" <&3 | { cat >"$2" || { cat >/dev/null; false; }; } ;;
  esac
}

ed_label() { # temporary file, target: SELinux only, as good as the host's tools allow
  [ -e /sys/fs/selinux/enforce ] || return 0
  if command -v matchpathcon >/dev/null 2>&1; then
    chcon -- "$(matchpathcon -n -- "$2")" "$1" 2>/dev/null || :
  elif [ -e "$2" ]; then
    chcon --reference="$2" -- "$1" 2>/dev/null || :
  fi
}

# One process for all that are listed, a line each
ed_all() (set -f; ed_list=$1; shift; IFS=$ed_nl; exec "$@" $ed_list)

# What comes to lie in one folder does so in one process, microseconds apart: etcd reads certificate and key one after the other, at
# any moment, and refuses whoever meets one without the other.
ed_place() {
  [ -n "$ed_group" ] || return 0
  ed_all "$ed_group" mv -f -t "$ed_dir" -- || return 1
  ed_group=
}

# Beside the lock: whoever ends this script by force clears away what it left.
ed_note_temps() {
  [ -z "\${ed_lock_dir:-}" ] || printf '%s' "$ed_temps" >"$ed_lock_dir/temps.$$.$ed_index"
}

# A folder beside the targets, by our pid: nobody else writes there, and nobody but root sees what is in it.
ed_begin_in() {
  ed_dir=$1
  ed_sweep "\${ed_dir%/}"
  ed_side=$ed_dir.files.etcd-deploy.$$.$ed_index
  ed_temps=$ed_temps$ed_side$ed_nl
  ed_dirs=$ed_dirs$ed_dir$ed_nl
  ed_note_temps
  [ ! -e "$ed_side" ] || rm -rf -- "$ed_side" || return 1
  mkdir -- "$ed_side"
}

# index of the block, then for each file: path owner group mode size (z behind it: compressed) sha256, or sha256/blake2b
ed_install() (
  ed_index=$1
  shift
  ed_temps= ed_files= ed_kinds=$ed_nl ed_dirs=$ed_nl ed_dir=
  trap 'set -f; IFS=$ed_nl; [ -z "$ed_temps" ] || rm -rf -- $ed_temps \${ed_lock_dir:+"$ed_lock_dir/temps.$$.$ed_index"}' EXIT
  trap 'exit 1' HUP INT TERM PIPE
  ed_left=$(($# / 6))
  while [ "$ed_left" -gt 0 ]; do
    ed_left=$((ed_left - 1))
    case $ed_dirs in *"$ed_nl\${1%/*}/$ed_nl"*) ;; *) ed_begin_in "\${1%/*}/" || exit 1 ;; esac
    ed_temp=\${1%/*}/.files.etcd-deploy.$$.$ed_index/\${1##*/}
    : >"$ed_temp" || exit 1
    ed_label "$ed_temp" "$1"
    ed_files=$ed_files$ed_temp$ed_nl
    case $ed_kinds in *"$ed_nl$2:$3 $4$ed_nl"*) ;; *) ed_kinds=$ed_kinds$2:$3\ $4$ed_nl ;; esac
    set -- "$@" "$ed_temp" "$5" "$6" "$1" "$2:$3 $4"
    shift 6
  done
  # Before a byte of them is there: owner and mode for all that have the same
  while [ "$ed_kinds" != "$ed_nl" ]; do
    ed_kinds=\${ed_kinds#"$ed_nl"} ed_group=
    ed_kind=\${ed_kinds%%"$ed_nl"*} ed_kinds=$ed_nl\${ed_kinds#*"$ed_nl"} ed_left=$(($# / 5))
    while [ "$ed_left" -gt 0 ]; do
      ed_left=$((ed_left - 1))
      [ "$5" != "$ed_kind" ] || ed_group=$ed_group$1$ed_nl
      set -- "$@" "$1" "$2" "$3" "$4" "$5"
      shift 5
    done
    ed_all "$ed_group" chown -- "\${ed_kind% *}" && ed_all "$ed_group" chmod -- "\${ed_kind##* }" || exit 1
  done
  ed_mark send "$ed_index"
  ed_left=$(($# / 5))
  ed_failed= ed_by_sha256= ed_by_blake2b=
  ed_b2sum=
  ! command -v b2sum >/dev/null || ed_b2sum=+
  while [ "$ed_left" -gt 0 ]; do
    ed_left=$((ed_left - 1))
    ed_receive "$2" "$1" || { ed_failed=1; echo "$4 could not be written" >&2; }
    case $ed_b2sum$3 in
    +*/*) ed_by_blake2b=$ed_by_blake2b$1$ed_nl ed_sum=\${3#*/} ;;
    *) ed_by_sha256=$ed_by_sha256$1$ed_nl ed_sum=\${3%/*} ;;
    esac
    set -- "$@" "$1" "$ed_sum" "$4"
    shift 5
  done
  [ -z "$ed_failed" ] || exit 1
  ed_sums=$({ [ -z "$ed_by_sha256" ] || ed_all "$ed_by_sha256" sha256sum --; } && { [ -z "$ed_by_blake2b" ] || ed_all "$ed_by_blake2b" b2sum --; }) || exit 1
  ed_left=$(($# / 3))
  while [ "$ed_left" -gt 0 ]; do
    ed_left=$((ed_left - 1))
    case $ed_nl$ed_sums$ed_nl in
    *"$ed_nl$2  $1$ed_nl"*) ;;
    *) # or a name that they print in a way of their own
      if [ "\${#2}" -eq 64 ]; then ed_sum=$(sha256sum <"$1"); else ed_sum=$(b2sum <"$1"); fi
      if [ "\${ed_sum%% *}" != "$2" ]; then
        echo "$3: arrived with the sum \${ed_sum%% *}, wanted $2" >&2
        exit 1
      fi
      ;;
    esac
    set -- "$@" "$1" "$3"
    shift 3
  done
  ed_all "$ed_files" sync -- || exit 1
  ed_group=
  ed_dir=
  while [ $# -gt 0 ]; do
    if [ "$ed_dir" != "\${2%/*}/" ]; then
      ed_place || exit 1
      ed_dir=\${2%/*}/
    fi
    ed_group=$ed_group$1$ed_nl
    shift 2
  done
  ed_place || exit 1
  ed_all "$ed_dirs" sync --
)
`
