#!/usr/bin/env node
// Plain JavaScript that any Node runs: an old one gets a sentence instead of a syntax error.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(
    `etcd-deploy needs Node.js 22.19 or newer; this is ${process.versions.node} (${process.execPath}).\n` +
      'Install a current one from https://nodejs.org, or run it with: npx -p node@24 -- etcd-deploy\n',
  )
  process.exit(2)
}
const { enableCompileCache } = await import('node:module')
enableCompileCache()
const { main } = await import('../dist/bundle/main.js')
process.exitCode = await main(process.argv.slice(2))
