import { lookUp, remember, type Place } from './host-key.ts'
import { expandHome } from './home.ts'

/** What known_hosts has of a host at its other places, for ssh, which looks at one place only. */
export interface KnownElsewhere {
  /** In the words of known_hosts, for this place. */
  lines: readonly string[]
  /** Once the host has shown one of these keys here: where no key of it was known at this place. */
  remember(): Promise<void>
}

export async function knownElsewhere(here: Place, others: readonly Place[]): Promise<KnownElsewhere> {
  const [own, elsewhere] = await Promise.all([lookUp(here), Promise.all(others.map(lookUp))])
  const plain = elsewhere.flatMap((place) => place.lines).filter(({ marker }) => marker === 'none')
  const lines = [...new Set(plain.map(({ type, key }) => `${own.name} ${type} ${key.toString('base64')}`))]
  const [file] = here.knownHosts
  return {
    lines,
    async remember() {
      if (file === undefined || [...own.lines, ...own.portless].some(({ marker }) => marker !== 'revoked')) return
      // Nobody was asked: a file that can't be written must not keep out a host that is known
      for (const line of lines) await remember(expandHome(file), line).catch(() => {})
    },
  }
}
