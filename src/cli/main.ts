import { createRequire } from 'node:module'

import { DeployError, exitCode } from '../errors.ts'

/** Answers the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  // Before anything is loaded: it is what scripts and shell prompts ask most.
  if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
    process.stdout.write(`${version()}\n`)
    return exitCode.done
  }
  // A reader that has seen enough (`| head`) must not break off a run that changes hosts.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreClosedPipe)
  const [{ program }, { unknownCommand }] = await Promise.all([import('./program.ts'), import('./unknown-command.ts')])
  let code: number = exitCode.done
  const root = program(version(), (answer) => (code = answer))
  const unknown = unknownCommand(root, args)
  if (unknown !== undefined) {
    process.stderr.write(unknown)
    return misused(args, unknown)
  }
  try {
    await root.parseAsync(args, { from: 'user' })
  } catch (error) {
    if (!(error instanceof DeployError)) return usageCode(args, error)
    await (await import('./tell-failure.ts')).wordFailure(error)
    return error.exitCode
  }
  return code
}

function version(): string {
  const require = createRequire(import.meta.url)
  for (const path of ['../../package.json', '../../../package.json']) {
    try {
      return (require(path) as { version: string }).version
    } catch {
      // It is two folders up, from a chunk of the bundle three.
    }
  }
  return 'unknown'
}

/** commander has already said what is wrong, for people. */
async function usageCode(args: readonly string[], error: unknown): Promise<number> {
  const { code, exitCode: status, message = '' } = error as { code?: string; exitCode?: number; message?: string }
  if (code === undefined || !code.startsWith('commander.')) throw error
  return status === 0 ? exitCode.done : misused(args, message)
}

async function misused(args: readonly string[], said: string): Promise<number> {
  if (args.includes('--json')) {
    const [message = ''] = said.replace(/^error: /, '').split('\n')
    const { answerFailure } = await import('./tell-failure.ts')
    await answerFailure(new DeployError({ message, exitCode: exitCode.usage }))
  }
  return exitCode.usage
}

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}
