import { labHost, type HostName } from './hosts.ts'
import { stateFiles } from './state.ts'

/** OpenSSH with the lab's key and known_hosts alone; node7 by way of the bastion. */
export function sshCommand(name: HostName, user: string, command: string[]): string[] {
  const { address, sshPort } = labHost(name)
  const to = sshPort === undefined ? [`${user}@${address}`] : ['-p', String(sshPort), `${user}@127.0.0.1`]
  const jump = ['ssh', ...options, '-W', '%h:%p', '-p', String(labHost('bastion').sshPort), 'deploy@127.0.0.1'].join(
    ' ',
  )
  const through = sshPort === undefined ? ['-o', `ProxyCommand=${jump}`] : []
  return ['ssh', ...options, ...through, ...to, ...(command.length > 0 ? ['--', ...command] : [])]
}

const options = [
  ['-F', '/dev/null'],
  ['-i', stateFiles.key],
  ['-o', 'IdentitiesOnly=yes'],
  ['-o', `UserKnownHostsFile=${stateFiles.knownHosts}`],
  ['-o', 'GlobalKnownHostsFile=/dev/null'],
  ['-o', 'StrictHostKeyChecking=yes'],
].flat()
