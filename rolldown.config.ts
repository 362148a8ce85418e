import { resolve } from 'node:path'

import { defineConfig } from 'rolldown'

/**
 * A command that loads hundreds of small modules spends half of its start on finding them. Entries share their chunks, so that what an
 * inventory imports is what the program runs with. One level deep: from a chunk `../index.js` is the entry, as it is in src/.
 */
export default defineConfig({
  input: { main: 'src/cli/main.ts', index: 'src/index.ts' },
  platform: 'node',
  logLevel: 'warn',
  external: (id) => id !== 'etcd-deploy' && /^[^./\0]/.test(id) && !id.startsWith('/'),
  resolve: { alias: { 'etcd-deploy': resolve(import.meta.dirname, 'src/index.ts') } },
  output: { dir: 'dist/bundle', format: 'esm', cleanDir: true, chunkFileNames: 'chunks/[name]-[hash].js' },
})
