import type { ExitCode } from '../errors.ts'
import { answerFailure, wordFailure } from './tell-failure.ts'

/** A command that asks no host: what goes wrong is worded, or with --json the answer. Answers the exit code; never throws. */
export async function answering({ json }: { json?: true }, work: () => Promise<ExitCode>): Promise<ExitCode> {
  try {
    return await work()
  } catch (error) {
    await (json === true ? answerFailure(error) : wordFailure(error))
    return (await import('../ui/errors.ts')).exitCodeOf(error)
  }
}
