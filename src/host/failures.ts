import { DeployError, exitCode } from '../errors.ts'
import type { Ending } from './process.ts'

/** Where and what, for every failure of a command. */
export interface Attempt {
  host: string
  target: string
  what: string
}

export function connectionLost(attempt: Attempt, cause: Error | undefined, stderr: string): DeployError {
  return new DeployError({
    ...facts(attempt, stderr),
    message: `the connection to ${attempt.target} was lost${cause === undefined ? '' : `: ${cause.message}`}`,
    next: 'see whether the host is up and reachable, then run the same command again: it goes on from what it finds',
    cause,
  })
}

export function deadlinePassed(attempt: Attempt, timeoutMs: number, stderr: string): DeployError {
  return new DeployError({
    ...facts(attempt, stderr),
    message: `not finished after ${Math.round(timeoutMs / 1000)} s`,
    next: 'see whether the host is overloaded or its disk hangs, then run the same command again',
  })
}

export function interrupted(attempt: Attempt, cause: unknown): DeployError {
  if (cause instanceof DeployError) return cause
  return new DeployError({ ...facts(attempt, ''), message: 'interrupted', exitCode: exitCode.interrupted, cause })
}

export function endedEarly(attempt: Attempt, ending: Ending, stderr: string): DeployError {
  const how = ending.kind === 'signal' ? `killed by ${ending.signal}` : 'it ended before its last line'
  return new DeployError({
    ...facts(attempt, stderr),
    message: `the script on the host did not finish: ${how}`,
    next: [
      'see the host’s journal: was it out of memory? Where the network was gone for a minute, our lock there has ended it',
      'then run the same command again',
    ],
  })
}

export function tooMuchOutput(attempt: Attempt, limitBytes: number): DeployError {
  return new DeployError({ ...facts(attempt, ''), message: `more than ${limitBytes / 2 ** 20} MiB of output` })
}

export function marksBroken(attempt: Attempt): DeployError {
  return new DeployError({
    ...facts(attempt, ''),
    message: 'the host’s answer is not one that our script gives',
    next: 'see whether something on the host rewrites what programs print, or whether it is the host that it says it is',
  })
}

export function lockLost(attempt: Attempt): DeployError {
  return new DeployError({
    ...facts(attempt, ''),
    message: 'the lock on the host is not ours any more: nothing was changed by this script',
    next: 'the network was gone for a minute, or another controller took over: run the same command again',
  })
}

export function holderGone(attempt: Attempt, ending: Ending, stderr: string): DeployError {
  if (ending.kind === 'lost') return connectionLost(attempt, ending.error, stderr)
  return new DeployError({
    ...facts(attempt, stderr),
    message: 'the process that held our lock on the host has ended',
    next: 'run the same command again: it goes on from what it finds',
  })
}

export function scriptsStuck(attempt: Attempt): DeployError {
  return new DeployError({
    ...facts(attempt, ''),
    message: 'a script of an earlier run still runs on the host and cannot be ended',
    next: 'its process is probably waiting for a disk that hangs: `ps -eo pid,stat,args` shows it in state D',
  })
}

/** Neither sudo nor our script said anything: the login itself did not lead to a POSIX shell. */
export function noShell(attempt: Attempt, ending: Ending, stdout: string, stderr: string): DeployError {
  const code = ending.kind === 'exit' ? ` (exit code ${ending.code})` : ''
  return new DeployError({
    ...facts(attempt, `${stdout}\n${stderr}`),
    message: `the login shell of ${attempt.target} did not run our script${code}`,
    next: 'the account needs a login shell and `sh`, `head` on its PATH; a forced command in authorized_keys is in the way too',
  })
}

function facts(attempt: Attempt, answered: string): { host: string; tried: string; answered?: string } {
  const text = answered.trim()
  return { host: attempt.host, tried: attempt.what, ...(text === '' ? {} : { answered: text }) }
}
