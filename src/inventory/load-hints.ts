import { existsSync, statSync } from 'node:fs'
import { basename, dirname, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What to write instead of TypeScript that Node, which takes the types out and does not translate, can't run. */
export function syntaxHint(message: string): string {
  const instead = insteads.find(([pattern]) => pattern.test(message))?.[1]
  return instead === undefined ? ruleOfTypes : `${ruleOfTypes} ${instead}`
}

const ruleOfTypes = 'Node takes the types out and does not translate: no enum, namespace or parameter property.'

const insteads: [RegExp, string][] = [
  [/\benum\b/, "In place of an enum: const Size = { small: 'small' } as const; or a union of strings."],
  [/\b(namespace|module) declaration/, 'In place of a namespace: a file of its own that exports what is in it.'],
  [/parameter property/, 'In place of a parameter property: declare the property, and set it in the constructor.'],
  [/import equals/, "In place of import … = require(…): import … from '…'."],
]

/** An import of a name that the file does not export, as that of a type looks to Node. */
export function exportHint(message: string): string | undefined {
  const [, from, name] = /^The requested module '(.+)' does not provide an export named '(.+)'$/.exec(message) ?? []
  if (from === undefined || name === undefined || name === 'default') return undefined
  return `Where ${name} is a type: import type { ${name} } from '${from}' (Node looks for a value otherwise).`
}

/** A module that is not there. `url`: what Node looked for, where it is a file. */
export function importHint(
  message: string,
  url: string | undefined,
): { importer?: string; word?: string; next: string } {
  const importer = / imported from (\/.+)$/.exec(message)?.[1]
  if (importer === undefined || url === undefined || !url.startsWith('file:')) {
    const name = /^Cannot find package '(.+?)'/.exec(message)?.[1]
    const next = `A package has to be installed beside the file${name === undefined ? '' : `: npm install ${name}`}.`
    return { ...(importer === undefined ? {} : { importer }), ...(name === undefined ? {} : { word: name }), next }
  }
  const wanted = fileURLToPath(url)
  const word = written(importer, wanted)
  const meant = namesake(wanted)
  const next =
    meant === undefined
      ? 'An import names a file with its ending (./site.ts), or a package that is installed beside the file.'
      : `An import names the file itself, with its ending: '${written(importer, meant)}'.`
  return { importer, word, next }
}

/** `./site` → `./site.ts`, `./site.js` → `./site.ts`, `./lib` → `./lib/index.ts`. */
function namesake(wanted: string): string | undefined {
  const endings = ['.ts', '.mts', '.js', '.mjs']
  const stem = wanted.replace(/\.[cm]?js$/, '')
  const names = [wanted, ...(stem === wanted ? [] : [stem])].flatMap((path) => endings.map((ending) => path + ending))
  const indexes = endings.map((ending) => `${wanted.replace(/\/$/, '')}/index${ending}`)
  return [...names, ...indexes].find((path) => existsSync(path) && statSync(path).isFile())
}

function written(importer: string, path: string): string {
  const way = relative(dirname(importer), path) || `../${basename(path)}`
  return way.startsWith('.') ? way : `./${way}`
}
