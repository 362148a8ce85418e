import { DeployError, exitCode } from '../errors.ts'

/** The first Ctrl-C ends tidily what is under way, the second at once. */
export function onInterrupt(interruption: AbortController): () => void {
  const onSignal = (signal: NodeJS.Signals): void => {
    if (interruption.signal.aborted) process.exit(exitCode.interrupted)
    const next = 'run the same command again: it goes on from what it finds'
    interruption.abort(new DeployError({ message: `interrupted (${signal})`, next, exitCode: exitCode.interrupted }))
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  process.on('SIGHUP', onSignal)
  return () => {
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
    process.off('SIGHUP', onSignal)
  }
}
