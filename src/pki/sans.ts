import { isIPv4, isIPv6 } from 'node:net'
import { domainToASCII } from 'node:url'
import { DeployError, exitCode } from '../errors.ts'

/** Subject alternative names, canonical: what a certificate holds and what is compared. */
export interface Sans {
  dnsNames: string[]
  ipAddresses: string[]
}

/** Sorts a mixed list into names and addresses, canonical and without repetition, in the given order. */
export function sansOf(names: Iterable<string>): Sans {
  const dnsNames = new Set<string>()
  const ipAddresses = new Set<string>()
  for (const name of names) {
    const address = canonicalIp(name)
    if (address === undefined) dnsNames.add(canonicalDns(name))
    else ipAddresses.add(address)
  }
  return { dnsNames: [...dnsNames], ipAddresses: [...ipAddresses] }
}

/** One way to write each address (RFC 5952); undefined for what is no address. */
export function canonicalIp(text: string): string | undefined {
  if (isIPv4(text)) return text
  const [address = ''] = text.split('%')
  if (!isIPv6(address)) return undefined
  const canonical = new URL(`http://[${address}]/`).hostname.slice(1, -1)
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical)
  // Go sees an IPv4-mapped address as the IPv4 one, and a peer that dials through it comes from there.
  return mapped
    ? ipOf(
        Buffer.from(
          mapped
            .slice(1)
            .map((group) => group.padStart(4, '0'))
            .join(''),
          'hex',
        ),
      )
    : canonical
}

/** The address that an iPAddress of a certificate holds. */
export function ipOf(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.')
  const groups = Buffer.from(bytes).toString('hex').match(/.{4}/g) ?? []
  return canonicalIp(groups.join(':')) ?? groups.join(':')
}

const label = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?'
const dnsName = new RegExp(`^(?:\\*\\.)?(?:${label}\\.)*${label}$`)

/** Lower case, without the root's dot, international names in their ASCII form: Go refuses a certificate with any other. */
function canonicalDns(name: string): string {
  const plain = name.toLowerCase().replace(/\.$/, '')
  // Not for plain ASCII: it would read the host name `1234` as an IPv4 address.
  const ascii = /^[\u0020-\u007e]*$/.test(plain) ? plain : domainToASCII(plain)
  if (ascii.length <= 253 && dnsName.test(ascii)) return ascii
  throw new DeployError({
    message: `"${name}" can be neither a DNS name nor an IP address in a certificate`,
    exitCode: exitCode.usage,
  })
}
