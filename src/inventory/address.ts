import { isIP, isIPv4, isIPv6 } from 'node:net'
import { canonicalIp } from '../pki/sans.ts'

/** One way to write each address or name, so that equal ones are seen to be equal. */
export function canonicalAddress(text: string): string {
  return canonicalIp(text) ?? text.toLowerCase().replace(/\.$/, '')
}

export function isAddress(text: string): boolean {
  return isIP(text) !== 0
}

/** Why nobody can dial it; undefined: it is an address or a DNS name. */
export function addressProblem(text: string): string | undefined {
  if (isWildcard(text)) return `${text} is an address to listen on, not one to reach a member by`
  if (isIP(text) !== 0) return scopeProblem(text)
  return notAnAddress(text) ?? nameProblem(text)
}

/** Why no socket can be bound to it; undefined: it is an IP address. */
export function listenProblem(text: string): string | undefined {
  if (isIP(text) !== 0) return scopeProblem(text)
  return notAnAddress(text) ?? `${quoted(text)} is a name; etcd listens on addresses only (0.0.0.0 or :: for all)`
}

/** A subject alternative name may begin with a wildcard label. */
export function sanProblem(text: string): string | undefined {
  if (isIP(text) !== 0) return scopeProblem(text)
  return notAnAddress(text) ?? nameProblem(text.replace(/^\*\.(?=.)/, ''))
}

/** sshd may also be named by a `Host` of the OpenSSH configuration, which is freer than DNS. */
export function sshHostProblem(text: string): string | undefined {
  if (isIP(text) !== 0 || /^[0-9a-f:.]+%[\w.-]+$/i.test(text)) return undefined
  if (text.includes('@')) return `the user goes into ssh.user, not before the host`
  return notAnAddress(text) ?? (/^[\w][\w.-]*$/.test(text) ? undefined : `${quoted(text)} is not a host name`)
}

function isWildcard(text: string): boolean {
  return isIP(text) !== 0 && (text === '0.0.0.0' || canonicalIp(text) === '::')
}

/** Text of the inventory as it is shown in a message: on one line, and not for ever. */
export function quoted(text: string): string {
  const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text
  return JSON.stringify(shown)
}

function scopeProblem(address: string): string | undefined {
  if (address.includes('%'))
    return `${quoted(address)} has a zone, which no URL of etcd's can hold: use an address that is not link-local`
  const canonical = canonicalIp(address) ?? address
  if (/^fe[89ab]/.test(canonical)) return `${address} is link-local: it means another host on every interface`
  if (isIPv6(address) && isIPv4(canonical)) return `${address} is an IPv4 address in IPv6's clothes: write ${canonical}`
  return undefined
}

function notAnAddress(text: string): string | undefined {
  if (text === '') return 'is empty'
  if (/^[a-z]+:\/\//i.test(text)) return `${quoted(text)} is a URL: write the address alone`
  if (/^\[.*\]$/.test(text)) return `write ${text.slice(1, -1)} without the brackets`
  if (/^[^:]+:\d+$/.test(text) || /^\[.*\]:\d+$/.test(text))
    return `${quoted(text)} has a port: it has a key of its own, port`
  if (text.includes('/')) return `${quoted(text)} has a slash: write the address alone`
  if (/^[\d.]+$/.test(text)) return `${quoted(text)} is not an IPv4 address`
  if (text.includes(':')) return `${quoted(text)} is not an IPv6 address`
  return undefined
}

function nameProblem(text: string): string | undefined {
  const name = text.replace(/\.$/, '')
  if (name.length > 253) return `a DNS name has at most 253 characters, this one has ${name.length}`
  const wrong = name.split('.').find((label) => !/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(label))
  return wrong === undefined ? undefined : `${quoted(text)} is neither an address nor a DNS name`
}
