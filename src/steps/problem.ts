import { DeployError, type ErrorFacts } from '../errors.ts'
import type { Problem } from '../engine/playbook.ts'

/** What stops the run. */
export function grave(host: string, facts: ErrorFacts): Problem {
  return { error: new DeployError({ host, ...facts }) }
}

/** What is told, and hinders nothing. */
export function warned(host: string, facts: ErrorFacts): Problem {
  return { ...grave(host, facts), warning: true }
}
