import { sshHostProblem } from './address.ts'
import { loginProblem } from './names.ts'

export interface JumpText {
  user?: string
  host: string
  port?: number
}

/** `user@host:port`, `[fd00::1]:22`, `fd00::1`: as OpenSSH's ProxyJump takes one hop. */
export function parseJump(text: string): JumpText {
  const at = text.lastIndexOf('@')
  const user = at === -1 ? undefined : text.slice(0, at)
  const place = text.slice(at + 1)
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(place) ?? []
  const host = bracketed ?? plain ?? place
  return { host, ...(user === undefined ? {} : { user }), ...(port === undefined ? {} : { port: Number(port) }) }
}

export function jumpProblem(text: string): string | undefined {
  if (text.includes(',')) return 'write several hops as a list, the nearest first'
  const { user, host, port } = parseJump(text)
  if (port !== undefined && (port < 1 || port > 65535)) return `${port} is not a port: 1 to 65535`
  return sshHostProblem(host) ?? (user === undefined ? undefined : loginProblem(user))
}
