// Plain JavaScript for Node 20: nothing is installed yet when this starts. The checks themselves are test/gate/main.ts.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const node = join(root, 'node_modules/.bin/node')

if (Number(process.versions.node.split('.')[0]) < 20) stop(`Node 20 or newer is needed; this is ${process.version}`)

if (!isInstalled()) {
  console.log('Installing the dependencies (npm ci)')
  const { status } = spawnSync('npm', ['ci', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  })
  // It builds at its end: where only that failed, the type check tells more.
  if (status !== 0 && !isInstalled()) stop(`npm ci ended with ${status}`)
}

// Ctrl-C reaches the checks as well, which then end in their own way.
process.on('SIGINT', () => {})
// The Node that came with the dependencies: it runs TypeScript.
const gate = spawnSync(node, [join(root, 'test/gate/main.ts'), ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
})
process.exitCode = gate.status ?? 130

/** What npm wrote down as installed is what package-lock.json asks for; packages for other platforms may lack. */
function isInstalled() {
  const installed = join(root, 'node_modules/.package-lock.json')
  if (!existsSync(installed) || !existsSync(node)) return false
  const have = packages(installed)
  return Object.entries(packages(join(root, 'package-lock.json')))
    .filter(([path]) => path !== '')
    .every(([path, { version, optional }]) => (path in have ? have[path].version === version : optional === true))
}

function packages(lockFile) {
  return JSON.parse(readFileSync(lockFile, 'utf8')).packages
}

function stop(message) {
  console.error(message)
  console.log('0 passed, 1 failed')
  process.exit(1)
}
