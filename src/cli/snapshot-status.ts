import { exitCode, type ExitCode } from '../errors.ts'
import { snapshotStatus, type SnapshotStatus } from '../steps/snapshot-status.ts'
import { cleanLine } from '../ui/text.ts'
import { bytesText, countText } from '../ui/units.ts'
import { answering } from './answering.ts'

/** Looks at a snapshot on this machine; asks no host. */
export function snapshotStatusOf(file: string, options: { json?: true }): Promise<ExitCode> {
  return answering(options, async () => {
    const status = snapshotStatus(file)
    const told = { ...status, hash: hexOf(status.hash) }
    process.stdout.write(
      `${options.json === true ? JSON.stringify({ v: 1, type: 'snapshot-status', ...told }) : text(status)}\n`,
    )
    return exitCode.done
  })
}

function text({ file, revision, totalKeys, records, sizeBytes, hash, clusterVersion, sha256 }: SnapshotStatus): string {
  const told = [
    'whole',
    `revision ${revision}`,
    `${totalKeys === null ? 'more keys than can be counted' : countText(totalKeys, 'key')} (${countText(records, 'record')})`,
    `${bytesText(sizeBytes)} (${sizeBytes} bytes)`,
    `hash ${hexOf(hash)}`,
    ...(clusterVersion === null ? [] : [`cluster version ${clusterVersion}`]),
  ]
  return `${cleanLine(file)}: ${told.join(', ')}\nSHA-256 ${sha256}`
}

/** As etcdutl shows it. */
function hexOf(hash: number): string {
  return hash.toString(16)
}
