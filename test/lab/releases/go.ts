import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { LabError, mustRun, run } from '../process.ts'
import { packRelease } from './tarball.ts'
import { architecture, minorOf, programsOf } from './versions.ts'

const modules = { etcd: 'server', etcdctl: 'etcdctl', etcdutl: 'etcdutl' } as const

/** Built from Go's module proxy, as etcd's maintainers build it: static and stripped. */
export async function goRelease(version: string, folder: string): Promise<void> {
  // Before 3.5 etcd was one module, with a version that the module proxy does not accept.
  if (minorOf(version) < 5) throw new LabError(`the Go module proxy does not have etcd ${version}`)
  const go = await run('go', ['version'])
  if (go.code !== 0) throw new LabError('Go is not installed')
  const module = join(folder, 'module')
  await mkdir(module)
  const env = { CGO_ENABLED: '0', GOOS: 'linux', GOARCH: architecture, GOFLAGS: '-mod=mod', GOWORK: 'off' }
  const inModule = { cwd: module, env, timeoutMs: 600_000 }
  await mustRun('go', ['mod', 'init', 'etcd-deploy-lab/etcd'], inModule)
  const wanted = Object.values(modules).map((name) => `go.etcd.io/etcd/${name}/v3@v${version}`)
  await mustRun('go', ['get', ...wanted], inModule)
  const programs: string[] = []
  for (const [program, name] of Object.entries(modules)) {
    if (!programsOf(version).includes(program)) continue
    const output = join(module, program)
    const build = ['build', '-trimpath', '-ldflags=-s -w', '-o', output, `go.etcd.io/etcd/${name}/v3`]
    await mustRun('go', build, inModule)
    programs.push(output)
  }
  await packRelease(version, programs, folder)
}
