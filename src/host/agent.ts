import { connect } from 'node:net'
import type { ParsedKey, SignCallback, SigningRequestOptions } from 'ssh2'
import ssh2 from 'ssh2'
import { keyType } from './known-hosts.ts'

/** A key that an agent signs with. */
export interface AgentKey {
  /** As its public file has it. */
  blob: Buffer
  comment: string
  /** Undefined: of a type that ssh2 can't use, a FIDO key or a certificate. */
  key: ParsedKey | undefined
  type: string
}

/** All that the agent holds, in its order; rejects where it does not answer. */
export async function agentKeys(socketPath: string): Promise<AgentKey[]> {
  const answer = await ask(socketPath, Buffer.from([0, 0, 0, 1, requestIdentities]))
  const keys: AgentKey[] = []
  if (answer[0] !== identitiesAnswer || answer.length < 5) throw new Error('it lists no keys')
  let at = 5
  const field = (): Buffer => {
    const end = at + 4 + (at + 4 <= answer.length ? answer.readUInt32BE(at) : Infinity)
    if (end > answer.length) throw new Error('its list of keys breaks off')
    const bytes = answer.subarray(at + 4, end)
    at = end
    return bytes
  }
  for (let left = answer.readUInt32BE(1); left > 0; left--) {
    const [blob, comment] = [field(), field().toString()]
    const parsed: ParsedKey | ParsedKey[] | Error = ssh2.utils.parseKey(blob)
    const key = parsed instanceof Error ? undefined : [parsed].flat()[0]
    keys.push({ blob, comment, key, type: keyType(blob) ?? 'unknown' })
  }
  return keys
}

/** An agent that holds one key: ssh2 would offer all that it has, until sshd hangs up. */
export class OneKey extends ssh2.BaseAgent<ParsedKey> {
  /** The host has taken the key, wanted a signature and got it. */
  hasSigned = false
  /** It wanted one, and the agent gave none: the key is to be confirmed, the agent is locked, or gone. */
  hasRefused = false
  readonly #agent: ssh2.BaseAgent
  readonly #key: ParsedKey

  constructor(socketPath: string, key: ParsedKey) {
    super()
    this.#agent = ssh2.createAgent(socketPath)
    this.#key = key
  }

  override getIdentities(callback: (error?: Error | null, keys?: ParsedKey[]) => void): void {
    callback(null, [this.#key])
  }

  override sign(
    key: ParsedKey,
    data: Buffer,
    options: SigningRequestOptions | SignCallback,
    done?: SignCallback,
  ): void {
    const callback = typeof options === 'function' ? options : done
    this.#agent.sign(key, data, typeof options === 'function' ? {} : options, (error, signature) => {
      this.hasSigned = signature !== undefined
      this.hasRefused = signature === undefined
      callback?.(error, signature)
    })
  }
}

const requestIdentities = 11
const identitiesAnswer = 12
const patienceMs = 5000
/** What OpenSSH's own client takes. */
const maxAnswerBytes = 256 * 1024

async function ask(socketPath: string, request: Buffer): Promise<Buffer> {
  const socket = connect(socketPath)
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const patience = setTimeout(() => reject(new Error(`no answer within ${patienceMs / 1000} s`)), patienceMs)
  let answer = Buffer.alloc(0)
  socket.on('data', (chunk) => {
    answer = Buffer.concat([answer, chunk])
    const length = answer.length < 4 ? 0 : answer.readUInt32BE(0)
    if (length > maxAnswerBytes) reject(notAnAgent())
    else if (length > 0 && answer.length >= 4 + length) resolve(answer.subarray(4, 4 + length))
  })
  socket.on('error', reject)
  socket.on('close', () => reject(notAnAgent()))
  socket.write(request)
  try {
    return await promise
  } finally {
    clearTimeout(patience)
    socket.destroy()
  }
}

function notAnAgent(): Error {
  return new Error('it does not answer as an agent does')
}
