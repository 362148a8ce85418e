import { LabError } from './process.ts'

/** Prints a foreseen error in a line or two and answers the exit code; any other goes on with its stack. */
export function tellError(error: unknown, usage: string): number {
  if (error instanceof LabError) {
    console.error(error.message)
    return 1
  }
  if (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')) {
    console.error(`${error.message}\n${usage}`)
    return 2
  }
  throw error
}
