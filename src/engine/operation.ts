import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * An operation whose way leads through intermediate targets, made durable before its first change and removed after its last. It
 * holds intent, never progress: where a run stands is read from hosts, etcd and wire.
 */
export interface Operation {
  /** The playbook's name: `rotate-certs --ca`. */
  name: string
  /** Its arguments, and what can't be read any more once it is under way (old addresses). */
  args: Readonly<Record<string, unknown>>
  /** The command that finishes it. */
  finish: string
  since: string
  controller: string
  /** Stages whose pause people were told of: `--continue` passes no other, as a run may have been killed before it told. */
  told: readonly string[]
}

/** Beside the inventory: any controller that has it and `pki/` can go on. */
export async function readOperation(path: string): Promise<Operation | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  return text === undefined ? undefined : parseOperation(text)
}

export function parseOperation(text: string): Operation | undefined {
  try {
    const value = JSON.parse(text) as Partial<Operation>
    if (typeof value.name !== 'string' || typeof value.finish !== 'string') return undefined
    const { name, finish, since = '', controller = '', args = {}, told = [] } = value
    return { name, finish, since, controller, args, told }
  } catch {
    return undefined
  }
}

export function operationText(operation: Operation): string {
  return `${JSON.stringify(operation, undefined, 2)}\n`
}

export async function writeOperation(path: string, operation: Operation): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const temporary = `${path}.${process.pid}.tmp`
  const file = await open(temporary, 'w', 0o600)
  try {
    await file.writeFile(operationText(operation))
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, path)
}

export async function removeOperation(path: string): Promise<void> {
  await rm(path, { force: true })
}
