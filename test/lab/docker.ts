import { join } from 'node:path'
import { LabError, mustRun, run, type Ran } from './process.ts'

const root = join(import.meta.dirname, '../..')

export async function engineAnswers(): Promise<boolean> {
  const { code, stdout } = await run('docker', ['version', '--format', '{{.Server.Version}}'], { timeoutMs: 15_000 })
  return code === 0 && stdout.trim() !== ''
}

/** `docker compose` or, where that plugin is missing, `docker-compose`; undefined where there is neither. */
export async function composeProgram(): Promise<string[] | undefined> {
  for (const program of [['docker', 'compose'], ['docker-compose']]) {
    const [name = '', ...args] = program
    if ((await run(name, [...args, 'version'])).code === 0) return program
  }
  return undefined
}

/** docker compose on the lab's file, with what this machine's cgroups need. */
export async function compose(args: string[], image?: string): Promise<string> {
  const program = await composeProgram()
  if (program === undefined) throw new LabError('docker compose (or docker-compose) is missing: install it')
  const cgroups = await mustRun('docker', ['info', '--format', '{{.CgroupVersion}}'])
  const files = ['docker-compose.test.yml', `test/lab/cgroup-v${cgroups.trim() === '2' ? 2 : 1}.yml`]
  const [name = '', ...first] = program
  const all = [...first, '-p', 'etcd-deploy-lab', ...files.flatMap((file) => ['-f', file]), ...args]
  return mustRun(name, all, { cwd: root, env: { LAB_IMAGE: image } })
}

/** Every container of the lab, with Docker's word for its state (running, exited, paused…). */
export async function containers(): Promise<Map<string, string>> {
  const filter = 'label=com.docker.compose.project=etcd-deploy-lab'
  const { code, stdout } = await docker(['ps', '-a', '--filter', filter, '--format', '{{.Names}} {{.State}}'])
  if (code !== 0) throw new LabError('no Docker engine answers: npm run lab -- up starts one, where it can')
  const rows = stdout.split('\n').filter((line) => line !== '')
  return new Map(rows.map((line) => [line.split(' ')[0] ?? '', line.split(' ')[1] ?? '']))
}

export function docker(args: string[], input?: string): Promise<Ran> {
  return run('docker', args, input === undefined ? {} : { input })
}
