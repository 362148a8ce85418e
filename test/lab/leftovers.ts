import { docker } from './docker.ts'
import { network } from './hosts.ts'
import { run } from './process.ts'

/** A bridge that a killed engine left behind, with no network to it, makes the next one fail with "address in use". */
export async function clearLeftovers(say: (line: string) => void): Promise<void> {
  const known = await docker(['network', 'inspect', network.name])
  if (known.code === 0) return
  const bridge = await run('ip', ['link', 'show', network.bridge])
  if (bridge.code !== 0) return
  say(`removing the bridge ${network.bridge}, left over from an earlier engine`)
  await run('ip', ['link', 'delete', network.bridge])
}
