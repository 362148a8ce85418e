import type { Command } from 'commander'

import { looking, withFile } from './command-options.ts'
import type { WatchOptions } from './watch-status.ts'

export function addStatus(root: Command, end: (code: number) => void): void {
  looking(root.command('status'), ['status', 'status inventory.ts --json', 'status inventory.ts --watch 5s'])
    .description('show every member: health, version, size, alarms, lag, links, certificates, drift')
    .argument('[inventory]', 'inventory file')
    .option('--watch [every]', 'go on reading, every 2s or as often as is said, until Ctrl-C')
    .action(async (file: string | undefined, options: WatchOptions) => {
      const { watch, ...others } = options
      if (watch === undefined) return end(await (await import('./status.ts')).status(withFile(others, file)))
      // `--watch prod.ts`: commander takes it for how often
      const isFile = typeof watch === 'string' && file === undefined && /\.[cm]?[jt]s$/.test(watch)
      const named = isFile ? withFile({ ...others, watch: true as const }, watch) : withFile(options, file)
      return end(await (await import('./watch-status.ts')).watchStatus(named))
    })
}
