import { access } from 'node:fs/promises'

import type { AnyAuthMethod } from 'ssh2'
import { DeployError } from '../errors.ts'
import type { RevealSecret, SshTarget } from '../inventory/model.ts'
import { expandHome } from './home.ts'
import type { Identity } from './identity.ts'

/** The ways to log in, one after the other, and what became of each. */
export interface Login {
  /** The next way that the server takes; false: none is left. */
  next(accepted: readonly string[] | null): Promise<AnyAuthMethod | false>
  /** Why none of them worked. */
  failure(host: string, where: string, said?: string): Promise<DeployError>
}

export function login(target: SshTarget, identities: readonly Identity[], reveal: RevealSecret): Login {
  const tried: string[] = []
  let offered: readonly string[] = []
  const ways = methods(target, identities, reveal, tried)
  return {
    async next(accepted) {
      offered = accepted ?? offered
      for (;;) {
        const way = ways.shift()
        if (way === undefined) return false
        if (accepted !== null && !accepted.includes(way.needs)) {
          tried.push(`${way.name}: not accepted by the server`)
          continue
        }
        // Behind both is the same password: a wrong one is not tried twice
        if (way.needs === 'keyboard-interactive' && accepted?.includes('password') === true) continue
        tried.push(way.name)
        return way.method()
      }
    },
    async failure(host, where, said) {
      return new DeployError({
        host,
        message: `${where} let ${target.user} in by none of the ways tried`,
        tried: tried.length === 0 ? 'nothing: no key, agent or password is given' : tried.join('; '),
        answered: said ?? (offered.length === 0 ? 'nothing' : `the server takes ${offered.join(', ')}`),
        next: await advice(target, identities),
      })
    },
  }
}

interface Way {
  name: string
  needs: string
  method(): Promise<AnyAuthMethod>
}

function methods(target: SshTarget, identities: readonly Identity[], reveal: RevealSecret, tried: string[]): Way[] {
  const username = target.user
  const ways: Way[] = []
  for (const identity of identities) {
    if (identity.kind === 'unusable') tried.push(`key ${identity.file}: ${identity.why}`)
    else {
      const { key, file } = identity
      ways.push({
        name: `key ${file} (${key.type})`,
        needs: 'publickey',
        method: async () => ({ type: 'publickey', username, key }),
      })
    }
  }
  const agent = target.agent === 'SSH_AUTH_SOCK' ? process.env['SSH_AUTH_SOCK'] : target.agent
  if (typeof agent === 'string' && agent !== '') {
    ways.push({ name: `agent ${agent}`, needs: 'publickey', method: async () => ({ type: 'agent', username, agent }) })
  }
  const source = target.password
  if (source === undefined) return ways
  ways.push({
    name: 'password',
    needs: 'password',
    method: async () => ({ type: 'password', username, password: (await reveal(source)).reveal() }),
  })
  ways.push({
    name: 'keyboard-interactive with the password',
    needs: 'keyboard-interactive',
    method: async () => {
      const password = (await reveal(source)).reveal()
      let answered = false
      return {
        type: 'keyboard-interactive',
        username,
        prompt: (_name, _instructions, _lang, prompts, finish) => {
          finish(answered ? [] : prompts.map((prompt) => (prompt.echo === true ? '' : password)))
          answered = true
        },
      }
    },
  })
  return ways
}

async function advice(target: SshTarget, identities: readonly Identity[]): Promise<string[]> {
  const lines: string[] = []
  const encrypted = identities.find((identity) => identity.kind === 'unusable' && identity.why.startsWith('encrypted'))
  if (encrypted !== undefined)
    lines.push(`give ssh.passphrase for ${encrypted.file} (or add the key to an agent: ssh-add)`)
  for (const { file } of identities) {
    const certificate = `${expandHome(file)}-cert.pub`
    const there = await access(certificate).then(
      () => true,
      () => false,
    )
    if (there)
      lines.push(
        `${certificate} was not used: the ssh2 library has no user certificates; the plain key must be authorized`,
      )
  }
  lines.push(
    `try by hand: ssh -p ${target.port} ${target.user}@${target.host}; the public key belongs into its ~/.ssh/authorized_keys`,
  )
  return lines
}
