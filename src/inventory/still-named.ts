import { canonicalAddress } from './address.ts'
import type { Cluster } from './model.ts'

/** Old addresses that an edited inventory still holds as text, in comments or where no edit reached: the lines, from 1 on. */
export function stillNamed(
  text: string,
  outdated: readonly string[],
  edited: Cluster,
): { name: string; lines: number[] }[] {
  const inUse = new Set(
    edited.nodes.flatMap(({ name, peer, client, ssh }) => [
      name,
      peer.address,
      client.address,
      canonicalAddress(ssh.host),
    ]),
  )
  const names = new Set(outdated.filter(isTelling))
  return [...names]
    .filter((name) => !inUse.has(canonicalAddress(name)))
    .map((name) => ({ name, lines: linesNaming(text, name) }))
    .filter(({ lines }) => lines.length > 0)
}

/** A bare word is found in any sentence, and loopback is every host's. */
function isTelling(text: string): boolean {
  return /[.:]/.test(text) && !/^(127\.|::1$)/.test(text)
}

function linesNaming(text: string, name: string): number[] {
  const [before, behind] = name.includes(':') ? ['[\\w.:-]', '[\\w:]|\\.\\w'] : ['[\\w.-]', '\\w|\\.\\w']
  const word = new RegExp(`(?<!${before})${name.replaceAll('.', '\\.')}(?!${behind})`, 'i')
  return text.split('\n').flatMap((line, index) => (word.test(line) ? [index + 1] : []))
}
