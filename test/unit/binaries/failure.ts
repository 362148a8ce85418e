import { expect } from 'vitest'
import { DeployError } from '../../../src/errors.ts'

/** What a promise is rejected with. */
export async function failure(promise: Promise<unknown>): Promise<DeployError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(DeployError)
  return error as DeployError
}
