import { homedir, hostname, userInfo } from 'node:os'
import type { SshTarget } from '../inventory/model.ts'

/** What `%h` and the like stand for in OpenSSH's configuration; a token that is not known here stays as it is. */
export function expandTokens(text: string, { host, port, user }: Pick<SshTarget, 'host' | 'port' | 'user'>): string {
  const values: Readonly<Record<string, () => string>> = {
    '%': () => '%',
    h: () => host,
    n: () => host,
    p: () => String(port),
    r: () => user,
    d: homedir,
    u: () => userInfo().username,
    l: hostname,
    L: () => hostname().split('.', 1)[0] ?? '',
    i: () => String(userInfo().uid),
  }
  return text.replaceAll(/%(.)/g, (token, letter: string) => values[letter]?.() ?? token)
}
