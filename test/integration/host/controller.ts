/** A controller of its own process, to be killed: takes the lock, then starts a change that would go on for long. */
import type { HostName } from '../../lab/lab.ts'
import { connect } from '../../../src/host/connect.ts'
import { connectOptions, runOptions, target } from './lab-hosts.ts'

const [node, user, dir] = process.argv.slice(2) as [HostName, 'root' | 'deploy' | 'ops', string]
const connection = await connect(target(node, user), node, connectOptions())
if (connection.kind === 'unreachable') throw connection.error
const fence = { dir, token: 'controller', holder: `controller ${process.pid}` }
const lock = await connection.host.lock(fence, [{ text: 'id -u' }], runOptions())
if (lock.kind === 'held-by-other') throw new Error(lock.holder)
const onLine = (_: number, line: string): void => console.log(line)
const text = 'touch "$1/began"; echo began; sleep "$2" || :; touch "$1/changed"; sleep 100'
const args = [dir, process.argv[5] ?? '3']
await connection.host.run([{ text, args }], runOptions({ fence, onLine, timeoutMs: 200_000 }))
