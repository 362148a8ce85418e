import { registerHooks } from 'node:module'

let registered = false

/**
 * Lets files of the user's say `import … from 'etcd-deploy'` wherever they lie: also when this package is installed globally, with
 * no node_modules beside them. It is always this very copy, so that there are no two of anything.
 *
 * And a `.ts` file of theirs is a module, whatever the package.json above it says: `npm init` writes `"type": "commonjs"`.
 */
export function resolveOwnPackage(): void {
  if (registered) return
  registered = true
  // The bundle has its entries where its chunks find them as src/index.ts is found from here.
  const own = new URL(import.meta.url.endsWith('.ts') ? '../index.ts' : '../index.js', import.meta.url).href
  registerHooks({
    resolve(specifier, context, nextResolve) {
      if (specifier === 'etcd-deploy')
        return { url: own, format: own.endsWith('.ts') ? 'module-typescript' : 'module', shortCircuit: true }
      const found = nextResolve(specifier, context)
      const isOurs = /^file:.*\.ts(\?|$)/.test(found.url) && !found.url.includes('/node_modules/')
      return isOurs ? { ...found, format: 'module-typescript' } : found
    },
  })
}
