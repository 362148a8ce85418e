/** A controller of its own process, to be killed: logs in through OpenSSH, and starts a command that would go on for long. */
import { connect } from '../../../src/host/connect.ts'
import type { SshTarget } from '../../../src/inventory/model.ts'

const target = JSON.parse(process.argv[2] ?? '') as SshTarget
const signal = new AbortController().signal
const connection = await connect(target, 'node1', {
  signal,
  timeoutMs: 15_000,
  revealSecret: () => Promise.reject(new Error('nothing is to be asked')),
})
if (connection.kind === 'unreachable') throw connection.error
const onLine = (_: number, line: string): void => console.log(line)
await connection.host.run([{ text: 'echo began; sleep 100' }], { what: 'test', signal, timeoutMs: 200_000, onLine })
