import type { HandoutFile } from './handout.ts'
import { Secret } from '../secret.ts'

/** A Kubernetes Secret of type kubernetes.io/tls, with `ca.crt` beside the pair, as most charts and operators expect it. */
export function secretYaml(name: string, files: readonly HandoutFile[]): Secret {
  const entries = files.map(({ name: file, content }) => {
    const text = content instanceof Secret ? content.reveal() : content
    return `  ${keyOf(file)}: ${Buffer.from(text).toString('base64')}`
  })
  const head = ['apiVersion: v1', 'kind: Secret', 'type: kubernetes.io/tls', 'metadata:', `  name: ${objectName(name)}`]
  return new Secret([...head, 'data:', ...entries, ''].join('\n'))
}

function keyOf(file: string): string {
  if (file === 'ca.crt') return file
  return file.endsWith('.key') ? 'tls.key' : 'tls.crt'
}

/** Kubernetes' names: lower case, digits, `-` and `.`, at most 253 characters. */
function objectName(name: string): string {
  const plain = name.toLowerCase().replace(/[^a-z0-9.-]+/g, '-')
  return `etcd-client-${plain}`.slice(0, 253).replace(/[.-]+$/, '')
}
