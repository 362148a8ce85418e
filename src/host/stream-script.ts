import { quote } from './quote.ts'
import { sh } from './shell-text.ts'

/**
 * A whole script, as its length line and its bytes: runs the words as one command, in the login's own environment, with marks before and
 * behind it on both streams. What comes on stdin later, or its end, ends the command and whatever it has started.
 */
export function composeStream(nonce: string, words: readonly string[]): Buffer {
  const text = Buffer.from(
    [`{`, `ed_nonce=${quote(nonce)}`, `set -- ${words.map(quote).join(' ')}`, around(quote(session)), '}'].join('\n'),
  )
  return Buffer.concat([Buffer.from(`${text.length}\n`), text])
}

// A session of its own, so that it can be ended as a whole and nothing else is.
const around = (inSession: string): string => `
PATH=\${PATH:+$PATH:}/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
exec 3<&0 </dev/null
printf '%s begin\\n' "$ed_nonce"
printf '%s begin\\n' "$ed_nonce" >&2
setsid /bin/sh -c ${inSession} sh "$@"
ed_code=$?
printf '%s done %s\\n' "$ed_nonce" "$ed_code"
printf '%s done\\n' "$ed_nonce" >&2
`

// The command in the foreground: in the background a shell would have it ignore SIGINT, and all that it starts.
const session = sh`
trap : TERM
(
  trap '' TERM
  head -c 1 <&3 >/dev/null
  kill -s TERM -- "-$$"
  sleep 2
  kill -s KILL -- "-$$"
) >/dev/null 2>&1 &
ed_watcher=$!
(
  exec 3<&-
  # No shell agrees with another on what stands between exec and such a name
  case $1 in -*)
    printf '%s: not found\n' "$1" >&2
    exit 127 ;;
  esac
  # exec: what is called like one of the shell's own words (eval, exit, cd) is none here
  exec "$@"
)
ed_code=$?
exec 2>/dev/null
kill -s KILL "$ed_watcher"
exit "$ed_code"
`
