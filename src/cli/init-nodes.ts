import { nameProblem } from '../inventory/names.ts'

/** `10.0.0.1 10.0.0.2` or `db1=10.0.0.1,db2=etcd2.example.com` → the inventory's `nodes`; an Error: why not. */
export function nodesIn(text: string): Record<string, { address: string }> | Error {
  const words = text.split(/[\s,]+/).filter((word) => word !== '')
  const nodes = words.map((word, index): [string, { address: string }] => {
    const at = word.indexOf('=')
    return at === -1 ? [`node${index + 1}`, { address: word }] : [word.slice(0, at), { address: word.slice(at + 1) }]
  })
  const names = nodes.map(([name]) => name)
  const [wrong] = names.flatMap((name) => nameProblem(name) ?? [])
  if (wrong !== undefined) return new Error(wrong)
  const twice = names.find((name, index) => names.indexOf(name) < index)
  if (twice !== undefined) return new Error(`two nodes are called ${JSON.stringify(twice)}`)
  return Object.fromEntries(nodes)
}
