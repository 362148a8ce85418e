/** For people. */
export async function wordFailure(error: unknown): Promise<void> {
  const [{ wordError }, { loadColors, wantsColors }] = await Promise.all([
    import('../ui/errors.ts'),
    import('../ui/colors.ts'),
  ])
  process.stderr.write(`${wordError(error, await loadColors(wantsColors(process.stderr.isTTY, process.env)))}\n`)
}

/** For programs, on stdout: in place of the object that was asked for. */
export async function answerFailure(error: unknown): Promise<void> {
  const [{ errorJson }, { jsonLine }] = await Promise.all([import('../ui/errors.ts'), import('../ui/json.ts')])
  process.stdout.write(jsonLine({ type: 'error', error: errorJson(error) }, new Date()))
}
