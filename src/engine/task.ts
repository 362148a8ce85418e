import type { Emit } from './events.ts'

/** Work on the controller, told at its beginning and at its end. */
export async function task<T>(
  emit: Emit,
  { id, what }: { id: string; what: string },
  work: () => Promise<T>,
): Promise<T> {
  const begunMs = performance.now()
  const end = (outcome: 'done' | 'failed'): void =>
    emit({ type: 'task-end', id, what, outcome, durationMs: Math.round(performance.now() - begunMs) })
  emit({ type: 'task-begin', id, what })
  try {
    const result = await work()
    end('done')
    return result
  } catch (error) {
    end('failed')
    throw error
  }
}
