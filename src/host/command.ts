import type { Secret } from '../secret.ts'
import type { Turn } from './first-tries.ts'

/** How root is reached from the login. */
export type Escalation =
  | { kind: 'none' }
  | { kind: 'sudo' }
  | {
      kind: 'sudo-password'
      password: Secret
      turn: () => Promise<Turn>
      /** See FirstTries. */
      refusedAt: () => string | undefined
    }

/** `'when-asked'`: the shell tells that it is there only where sudo may ask for a password before. */
export type Announcing = 'when-asked' | 'always'

/**
 * What sshd hands to the login shell, which may be bash, dash, zsh, fish or csh: no character in it has a meaning of its own
 * between single quotes in any of them. The script has its length before it, as `read` in dash takes one byte at a time.
 */
export function remoteCommand(escalation: Escalation, token: string, announcing: Announcing = 'when-asked'): string {
  const announced = announcing === 'always' || escalation.kind === 'sudo-password' ? `echo ${readyLine(token)}; ` : ''
  const read = `${announced}PATH=$PATH:/usr/bin:/bin; IFS= read -r n && s=$(head -c "$n") && eval "$s"`
  if (escalation.kind === 'none') return `exec /bin/sh -c '${read}'`
  // env: the shells differ in how `exec` of a missing sudo ends, env's exit code is always 127
  if (escalation.kind === 'sudo') return `exec /usr/bin/env LC_ALL=C sudo -n /bin/sh -c '${read}'`
  return `exec /usr/bin/env LC_ALL=C sudo -S -p ${passwordPrompt(token)} /bin/sh -c '${read}'`
}

/** sudo asks with it; only when it is seen is the password sent, as under NOPASSWD the shell would run it. */
export function passwordPrompt(token: string): string {
  return `password-${token}:`
}

/** The shell is there and reads a script. */
export function readyLine(token: string): string {
  return `ready-${token}`
}
