import type { AskPerson } from '../ui/ask.ts'
import type { CommonOptions } from './options.ts'

/** A host that known_hosts does not have is shown to a person; with nobody there it is refused, unless a flag accepts it. */
export function confirmingHostKeys(ask: Pick<AskPerson, 'confirm'>, { acceptNewHostKeys }: CommonOptions) {
  if (acceptNewHostKeys !== true && !process.stdin.isTTY) return {}
  return {
    confirmHostKey: (host: string, fingerprint: string, type: string): Promise<boolean> =>
      ask.confirm(`${host} is unknown; its ${type} key is ${fingerprint}. Is that right?`, '--accept-new-host-keys'),
  }
}
