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
