import { DeployError, exitCode } from '../errors.ts'
import type { State } from './state.ts'

/** The CA that a rotation under way leads to; undefined: none is under way. */
export function nextGeneration({ ca }: State): number | undefined {
  return ca.trusted.length > 1 ? ca.trusted.at(-1) : undefined
}

/** Trusts a CA beside the present one, as the one to come. */
export function withNext(state: State, generation: number): State {
  return { ...state, ca: { ...state.ca, trusted: [...state.ca.trusted, generation] } }
}

/** Undefined: it issues already. */
export function withIssuing(state: State, generation: number): State | undefined {
  const { issues, trusted } = state.ca
  if (issues === generation) return undefined
  if (trusted.includes(generation)) return { ...state, ca: { issues: generation, trusted } }
  throw refusal(`the CA of generation ${generation} cannot issue: hosts do not trust it yet`)
}

/** Undefined: these are trusted already, and no others. */
export function withTrusted(state: State, generations: readonly number[]): State | undefined {
  const { issues, trusted } = state.ca
  const wanted = [...new Set(generations)]
  const unknown = wanted.find((generation) => !state.authorities.some((ca) => ca.generation === generation))
  if (unknown !== undefined) throw refusal(`there is no CA of generation ${unknown}`)
  if (!wanted.includes(issues)) throw refusal(`the CA of generation ${issues} issues: hosts cannot cease to trust it`)
  if (wanted.length === trusted.length && wanted.every((generation) => trusted.includes(generation))) return undefined
  return arrived({ ...state, ca: { issues, trusted: wanted } })
}

/** The target of `rotate-certs --ca --to imported`, until a rotation has begun to lead to it. */
export function importedTarget({ importedTarget: target, ca }: State): number | undefined {
  return target !== undefined && ca.trusted.includes(target) ? undefined : target
}

/** Once hosts trust the imported CA alone it is no target any more; a rotation that was given up leaves it one. */
function arrived({ importedTarget: target, ...state }: State): State {
  const isThere = target === undefined || (state.ca.trusted.length === 1 && state.ca.trusted.includes(target))
  return isThere ? state : { ...state, importedTarget: target }
}

export function highestGeneration({ authorities }: State): number {
  return Math.max(...authorities.map(({ generation }) => generation))
}

function refusal(message: string): DeployError {
  return new DeployError({ message, exitCode: exitCode.refused })
}
