import { createHash } from 'node:crypto'
import { homedir, hostname, userInfo } from 'node:os'
import type { SshTarget } from '../inventory/model.ts'

export interface TokensOf extends Pick<SshTarget, 'host' | 'port' | 'user' | 'hostKeyAlias'> {
  /** What the host was called before OpenSSH's configuration gave it another name. */
  calledHost?: string
}

/** What `%h` and the like stand for in OpenSSH's configuration; a token that is not known here stays as it is. */
export function expandTokens(text: string, of: TokensOf): string {
  return text.replaceAll(/%(.)/g, (token, letter: string) => meaning(letter, of) ?? token)
}

/** The same in the path of a file, where variables of the environment may stand too. */
export function expandPath(text: string, of: TokensOf): string {
  return text.replaceAll(
    /%(.)|\$\{(\w+)\}/g,
    (token, letter: string | undefined, name: string) =>
      (letter === undefined ? process.env[name] : meaning(letter, of)) ?? token,
  )
}

function meaning(letter: string, of: TokensOf): string | undefined {
  const { host, port, user, calledHost = host, hostKeyAlias = calledHost } = of
  const values: Readonly<Record<string, () => string>> = {
    '%': () => '%',
    h: () => host,
    n: () => calledHost,
    k: () => hostKeyAlias,
    p: () => String(port),
    r: () => user,
    d: homedir,
    u: () => userInfo().username,
    l: hostname,
    L: () => hostname().split('.', 1)[0] ?? '',
    i: () => String(userInfo().uid),
    C: () => createHash('sha1').update(`${hostname()}${host}${port}${user}`).digest('hex'),
  }
  return values[letter]?.()
}
