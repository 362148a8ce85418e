import type { ParsedKey } from 'ssh2'
import type { RevealSecret, SshTarget } from '../inventory/model.ts'
import type { AgentKey } from './agent.ts'
import { agentKeys } from './agent.ts'
import { expandHome } from './home.ts'
import type { Identity } from './identity.ts'
import { byOpenSsh, readIdentities } from './identity.ts'

/** The keys to show to a host, in this order, and what is not shown. */
export interface KeyOffers {
  offers: KeyOffer[]
  /** `key ~/.ssh/id_rsa: no such file`. */
  notes: string[]
  identities: readonly Identity[]
}

export type KeyOffer = { name: string; key: ParsedKey } | { name: string; agent: string; key: ParsedKey }

/** sshd counts each key that it does not want, and hangs up at the sixth (MaxAuthTries); a password needs its turn too. */
const maxOffers = 5

export async function readOffers(target: SshTarget, reveal: RevealSecret): Promise<KeyOffers> {
  const notes: string[] = []
  const socket = socketOf(target.agent)
  const held = socket === undefined ? [] : await listed(socket, notes)
  const identities = await readIdentities(target, held, reveal)
  const offers: KeyOffer[] = []
  for (const identity of identities) {
    if (identity.kind === 'unusable') notes.push(`key ${identity.file}: ${identity.why}`)
    else if (identity.kind === 'key')
      offers.push({ name: `key ${identity.file} (${identity.key.type})`, key: identity.key })
    else if (socket !== undefined) offers.push(...ofAgent(socket, identity.key, `key ${identity.file} in the agent`))
  }
  const others = held.filter(({ blob }) => !offers.some(({ key }) => key.getPublicSSH().equals(blob)))
  if (target.identitiesOnly === true && others.length > 0)
    notes.push(`agent ${socket}: ${count(others.length, 'key')} not shown, as IdentitiesOnly says`)
  else for (const key of others) offers.push(...ofAgent(socket ?? '', key, `key "${key.comment}" of the agent`, notes))
  const left = offers.splice(maxOffers)
  if (left.length > 0)
    notes.push(
      `${count(left.length, 'more key')} not shown, as sshd hangs up after too many (MaxAuthTries): name the right one in ssh.key`,
    )
  return { offers, notes, identities }
}

function socketOf(agent: SshTarget['agent']): string | undefined {
  const socket = agent === 'SSH_AUTH_SOCK' ? process.env['SSH_AUTH_SOCK'] : agent
  return typeof socket === 'string' && socket !== '' ? expandHome(socket) : undefined
}

async function listed(socket: string, notes: string[]): Promise<AgentKey[]> {
  try {
    const keys = await agentKeys(socket)
    if (keys.length === 0) notes.push(`agent ${socket}: it holds no keys`)
    return keys
  } catch (error) {
    notes.push(`agent ${socket}: ${(error as Error).message}`)
    return []
  }
}

function ofAgent(agent: string, { key, type }: AgentKey, name: string, notes: string[] = []): KeyOffer[] {
  if (key !== undefined) return [{ name: `${name} (${type})`, agent, key }]
  notes.push(`${name} (${type}): the ssh2 library cannot use it, ${byOpenSsh} can`)
  return []
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}
