import { docker } from './docker.ts'
import { labHost, type HostName } from './hosts.ts'
import { LabError, type Ran } from './process.ts'

/** Runs a shell command on a host as root, beside ssh: for tests to look at a host, or to break it. */
export function onHost(name: HostName, command: string, input?: string): Promise<Ran> {
  const stdin = input === undefined ? [] : ['-i']
  return docker(['exec', ...stdin, labHost(name).container, 'sh', '-c', command], input)
}

/** Like onHost, but a failing command is an error; answers its stdout. */
export async function hostOutput(name: HostName, command: string, input?: string): Promise<string> {
  const { code, stdout, stderr } = await onHost(name, command, input)
  if (code !== 0) throw new LabError(`${name}: ${command}\nended with ${code}: ${stderr.trim()}`)
  return stdout
}
