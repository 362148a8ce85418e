import { DeployError, exitCode } from '../errors.ts'
import type { Cluster } from '../inventory/model.ts'
import { ownClient } from '../inventory/rules.ts'
import type { Certificate } from '../pki/certificate.ts'
import type { LeafRequest } from '../pki/leaf.ts'
import { sansOf } from '../pki/sans.ts'

/** What a person says of a client certificate; what is not said stays as it was. */
export interface ClientWishes {
  cn?: string
  org?: string
  san?: readonly string[]
  days?: number
}

/** The certificate to issue for a client: as the inventory has it, else as it was before, else as it is asked for. */
export function clientRequest(
  { tls }: Pick<Cluster, 'tls'>,
  name: string,
  wishes: ClientWishes,
  { before, notBefore }: { before: Certificate | undefined; notBefore: Date },
): LeafRequest & { name: string } {
  refuseReserved(name)
  const common = { kind: 'client', name, key: tls.key, notBefore } as const
  const named = Object.hasOwn(tls.clients, name) ? tls.clients[name] : undefined
  if (named !== undefined) {
    refuseOtherThanInventory(name, wishes)
    const { cn, days, ...subject } = named
    return {
      ...common,
      cn,
      subject: { ...tls.subject, ...subject },
      ...sansOf([]),
      days: wishes.days ?? days ?? tls.leafDays,
    }
  }
  const { cn: cnBefore, ...subjectBefore } = before?.name ?? {}
  const subject = before === undefined ? tls.subject : subjectBefore
  const sansBefore = before === undefined ? [] : [...before.dnsNames, ...before.ipAddresses]
  return {
    ...common,
    cn: wishes.cn ?? cnBefore ?? name,
    subject: { ...subject, ...(wishes.org !== undefined && { organization: wishes.org }) },
    ...sansOf(wishes.san ?? sansBefore),
    days: wishes.days ?? tls.leafDays,
  }
}

export function refuseReserved(name: string): void {
  if (name !== ownClient) return
  throw new DeployError({
    message: `${ownClient} is the certificate with which the hosts' own etcdctl works: it is not handed out`,
    next: 'etcd-deploy rotate-certs --only client renews it on the hosts.',
    exitCode: exitCode.usage,
  })
}

/** The next `up` would issue it anew, as the inventory says. */
function refuseOtherThanInventory(name: string, { cn, org, san }: ClientWishes): void {
  if (cn === undefined && org === undefined && san === undefined) return
  throw new DeployError({
    message: `the inventory says what the certificate of ${name} is`,
    next: `Change tls.clients in the inventory; only --days can be given for ${name}.`,
    exitCode: exitCode.usage,
  })
}
