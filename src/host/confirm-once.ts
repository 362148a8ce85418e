import { setTimeout as sleep } from 'node:timers/promises'
import pLimit from 'p-limit'
import { DeployError, exitCode } from '../errors.ts'
import type { ConfirmHostKey } from './host-key.ts'

/** The question for each of several places of one host. */
export interface ConfirmAtPlaces {
  at(place: number): ConfirmHostKey
  /** No question will come from there any more. */
  settled(place: number): void
}

/** One host has one key: a person is asked about it once, and first about what the preferred place shows. */
export function confirmOnce(node: string, confirm: ConfirmHostKey, places: number, graceMs: number): ConfirmAtPlaces {
  const passed = Array.from({ length: places }, () => Promise.withResolvers<void>())
  const oneQuestion = pLimit(1)
  const declined = new Set<string>()
  let accepted: Shown | undefined
  const ask = async (shown: Shown): Promise<boolean> => {
    if (accepted === undefined && !declined.has(shown.fingerprint)) {
      if (await confirm(shown.host, shown.fingerprint, shown.type)) accepted = shown
      else declined.add(shown.fingerprint)
    }
    if (accepted !== undefined && accepted.fingerprint !== shown.fingerprint) throw twoHosts(node, accepted, shown)
    return accepted !== undefined
  }
  return {
    at: (place) => async (host, fingerprint, type) => {
      const better = passed.slice(0, place).map(({ promise }) => promise)
      // Which of two hosts is taken for this one must not depend on who is quicker
      if (better.length > 0) await Promise.race([Promise.all(better), sleep(graceMs)])
      const answer = oneQuestion(() => ask({ host, fingerprint, type }))
      passed[place]?.resolve()
      return answer
    },
    settled: (place) => passed[place]?.resolve(),
  }
}

interface Shown {
  host: string
  fingerprint: string
  type: string
}

function twoHosts(node: string, accepted: Shown, shown: Shown): DeployError {
  return new DeployError({
    host: node,
    message: `the host that answers at ${shown.host} is not ${node}: it has another host key`,
    tried: `checking the host key of ${shown.host}`,
    answered: [
      `${accepted.host} showed ${accepted.type} ${accepted.fingerprint}, which was accepted`,
      `${shown.host} showed ${shown.type} ${shown.fingerprint}`,
    ].join('\n'),
    next: [
      `see which of the two is ${node}`,
      `if it is not the one that was accepted: take the line of ${accepted.host} out of known_hosts (ssh-keygen -R), and run this again`,
    ],
    exitCode: exitCode.refused,
  })
}
