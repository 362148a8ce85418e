import { DeployError, exitCode } from '../errors.ts'
import { canonicalSerial } from './certificate.ts'
import { elements } from './der.ts'
import type { Element } from './der.ts'
import { revocationReasons } from './revocation-reasons.ts'
import type { RevocationReason } from './revocation-reasons.ts'
import type { Revocation } from './state.ts'

/** A revocation list, ours or a foreign one. */
export interface Crl {
  der: Uint8Array
  thisUpdate: Date
  /** Old lists may lack it. */
  nextUpdate?: Date
  revoked: Revocation[]
}

/** PEM or DER. */
export function readCrl(source: Uint8Array): Crl {
  const der = fromPem(source) ?? source
  try {
    return parse(der)
  } catch (cause) {
    throw new DeployError({ message: 'not a revocation list in PEM or DER', exitCode: exitCode.usage, cause })
  }
}

const tag = { sequence: 0x30, integer: 0x02, enumerated: 0x0a, utcTime: 0x17, generalizedTime: 0x18 }
const reasonCode = '551d15'

function parse(der: Uint8Array): Crl {
  const [list] = elements(der)
  const [tbs] = elements(list?.content ?? empty)
  const fields = elements(tbs?.content ?? empty)
  const [thisUpdate, nextUpdate] = fields.filter(isTime).map(timeOf)
  if (thisUpdate === undefined) throw new RangeError('no time of issue')
  // version, signature and issuer stand before the times, the revoked certificates right after them.
  const after = fields[fields.findLastIndex(isTime) + 1]
  const entries = after?.tag === tag.sequence ? elements(after.content) : []
  return { der, thisUpdate, ...(nextUpdate && { nextUpdate }), revoked: entries.map(revocation) }
}

function revocation(entry: Element): Revocation {
  const [serial, time, extensions] = elements(entry.content)
  if (serial?.tag !== tag.integer || time === undefined) throw new RangeError('an entry without serial or time')
  return {
    serial: canonicalSerial(Buffer.from(serial.content).toString('hex')),
    revokedAt: timeOf(time).toISOString(),
    reason: reasonOf(extensions),
  }
}

/** Reasons that this tool never gives (`certificateHold` and the like) count as none given. */
function reasonOf(extensions: Element | undefined): RevocationReason {
  for (const extension of elements(extensions?.content ?? empty)) {
    const [oid, value] = elements(extension.content)
    if (Buffer.from(oid?.content ?? empty).toString('hex') !== reasonCode) continue
    const [code] = elements(value?.content ?? empty)
    const number = code?.tag === tag.enumerated ? code.content[0] : undefined
    const known = Object.entries(revocationReasons).find(([, each]) => each === number)
    if (known) return known[0] as RevocationReason
  }
  return 'unspecified'
}

function isTime({ tag: is }: Element): boolean {
  return is === tag.utcTime || is === tag.generalizedTime
}

/** `YYMMDDHHMMSSZ`, or with four digits of the year. */
function timeOf({ tag: is, content }: Element): Date {
  const text = Buffer.from(content).toString('latin1')
  const full = is === tag.utcTime ? `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text}` : text
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(full) ?? []
  const time = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  if (Number.isNaN(time.getTime())) throw new RangeError('a time that is none')
  return time
}

function fromPem(source: Uint8Array): Uint8Array | undefined {
  const text = Buffer.from(source).toString('latin1')
  const [, body] = /-----BEGIN X509 CRL-----([^-]+)-----END X509 CRL-----/.exec(text) ?? []
  return body === undefined ? undefined : new Uint8Array(Buffer.from(body, 'base64'))
}

const empty = new Uint8Array()
