import { exitCode, type ExitCode } from '../errors.ts'
import { answering } from './answering.ts'
import type { CommonOptions } from './options.ts'

/** The inventory as every other command understands it; no host is asked, no secret read. */
export function inventory(options: CommonOptions): Promise<ExitCode> {
  return answering(options, async () => {
    const [
      { openInventory },
      { explain },
      { inventoryJson, inventoryText },
      { loadColors, wantsColors },
      { cleanLine },
    ] = await Promise.all([
      import('../inventory/load.ts'),
      import('../inventory/explain.ts'),
      import('../ui/inventory-text.ts'),
      import('../ui/colors.ts'),
      import('../ui/text.ts'),
    ])
    const { cluster, inventory: raw, source } = await openInventory(options.inventory, { connects: false })
    const all = explain(cluster, raw, await source())
    const { stdout, stderr, env } = process
    if (options.json === true) {
      stdout.write(`${JSON.stringify(inventoryJson(cluster, all))}\n`)
      return exitCode.done
    }
    const colors = await loadColors(wantsColors(stdout.isTTY, env))
    const nodes = cluster.nodes.map(({ name }) => name)
    stdout.write(`${inventoryText({ ...cluster, nodes }, all, { colors, columns: stdout.columns ?? Infinity })}\n`)
    for (const warning of cluster.warnings) stderr.write(`! ${cleanLine(warning)}\n`)
    return exitCode.done
  })
}
