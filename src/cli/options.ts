/** What every command takes. */
export interface CommonOptions {
  inventory?: string
  json?: true
  verbose?: true
  yes?: true
  acceptNewHostKeys?: true
}

/** What every command takes that changes hosts. */
export interface ChangeOptions extends CommonOptions {
  on?: string
  allowDowntime?: true
}

/** Questions that the person answered beforehand. */
export function givenFlags(options: ChangeOptions): Set<string> {
  return new Set([
    ...(options.yes === true ? ['--yes'] : []),
    ...(options.allowDowntime === true ? ['--allow-downtime'] : []),
    ...(options.acceptNewHostKeys === true ? ['--accept-new-host-keys'] : []),
  ])
}

/** As a command that is to be typed next names the inventory; empty where it is found by itself. */
export function namedInventory({ inventory }: Pick<CommonOptions, 'inventory'>): string {
  if (inventory === undefined) return ''
  return ` -i ${/^[\w./~-]+$/.test(inventory) ? inventory : `'${inventory.replaceAll("'", `'\\''`)}'`}`
}
