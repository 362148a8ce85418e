// Plain JavaScript for Node 20: nothing is installed yet when this starts. The demo itself is test/lab/demo.ts.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

if (Number(process.versions.node.split('.')[0]) < 20) stop(`Node 20 or newer is needed; this is ${process.version}`, 2)

// npm writes the first of these last; a build of ours that failed or was cut short lacks the second.
if (!existsSync(join(root, 'node_modules/.package-lock.json')))
  npm('Installing the dependencies', ['ci', '--loglevel=error'])
else if (!existsSync(join(root, 'dist/bundle/index.js'))) npm('Building', ['run', 'build'])

// Ctrl-C reaches the demo as well, which then ends in its own way.
process.on('SIGINT', () => {})
// The Node that came with the dependencies: it runs TypeScript.
const node = join(root, 'node_modules/.bin/node')
const demo = spawnSync(node, [join(root, 'test/lab/demo.ts'), ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
})
process.exitCode = demo.status ?? 130

function npm(what, args) {
  console.log(`${what} (npm ${args.join(' ')})`)
  const { status } = spawnSync('npm', args, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' })
  if (status !== 0) stop(`npm ${args[0]} failed`, 1)
}

function stop(message, code) {
  console.error(message)
  process.exit(code)
}
