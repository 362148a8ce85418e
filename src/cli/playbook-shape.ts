import { nearest } from '../nearest.ts'

/** What is wrong with what a file exports as its playbook, each with its place: `stages[0].steps[1].next: …`. */
export function playbookProblems(exported: unknown): string[] {
  if (typeof exported === 'function')
    return ['is a function: export what it answers, as `export default myPlaybook({ … })`']
  if (!isRecord(exported)) return [`is ${kindOf(exported)}: export default definePlaybook({ name, stages })`]
  const { name, about, check, stages } = exported
  return [
    ...unknownKeys('', exported, ['name', 'about', 'check', 'stages']),
    ...(isName(name) ? [] : ['name: is missing: a text that says what runs']),
    ...(about === undefined || about === 'cluster' || about === 'hosts'
      ? []
      : ["about: is neither 'cluster' nor 'hosts'"]),
    ...(check === undefined || typeof check === 'function' ? [] : ['check: is no function']),
    ...listProblems('stages', stages, stageProblems),
    ...looksTwice(stages),
  ]
}

function stageProblems(at: string, stage: Record<string, unknown>): string[] {
  const { name, steps, reached, want } = stage
  return [
    ...unknownKeys(at, stage, ['name', 'steps', 'reached', 'want'], notForOwn),
    ...(isName(name) ? [] : [`${at}.name: is missing: a text that says what is so once it is reached`]),
    ...listProblems(`${at}.steps`, steps, stepProblems),
    ...(typeof reached === 'function' ? [] : [`${at}.reached: is missing: a function; stage(name, steps) makes it`]),
    ...(want === undefined || typeof want === 'function' ? [] : [`${at}.want: is no function`]),
  ]
}

const notForOwn: Partial<Record<string, string>> = {
  pause: 'a playbook of your own does not pause: make it two',
  begun: 'is about pauses, and a playbook of your own has none',
  target: "is what etcd-deploy's own operations bring pki/ to; a playbook of your own has none",
}

function stepProblems(at: string, step: Record<string, unknown>): string[] {
  const { name, look, alone, next, onlyIn } = step
  return [
    ...unknownKeys(at, step, ['name', 'look', 'alone', 'next', 'onlyIn']),
    ...(typeof onlyIn !== 'string'
      ? []
      : [`${at}: ${String(name)} is a step of etcd-deploy ${onlyIn} alone, which asks before it`]),
    ...(isName(name) ? [] : [`${at}.name: is missing: a text`]),
    ...(look === undefined ? [] : lookProblems(`${at}.look`, look)),
    ...(alone === undefined || alone === true ? [] : [`${at}.alone: is true, or left out`]),
    ...(typeof next === 'function' ? [] : [`${at}.next: is missing: a function (want, seen) => changes`]),
  ]
}

function lookProblems(at: string, look: unknown): string[] {
  const { name, script } = isRecord(look) ? look : {}
  const isScript = isRecord(script) && typeof script['text'] === 'string'
  return [
    ...(isName(name) ? [] : [`${at}.name: is missing: a text, under which its answer is found`]),
    ...(isScript ? [] : [`${at}.script: is missing: { text: 'cat /etc/…' }`]),
  ]
}

/** Two looks of one name would have one answer. */
function looksTwice(stages: unknown): string[] {
  const lists = Array.isArray(stages) ? stages.filter(isRecord).map(({ steps }) => steps) : []
  const steps = lists.flatMap((list) => (Array.isArray(list) ? list.filter(isRecord) : []))
  const texts = new Map<unknown, string>()
  return steps.flatMap(({ look }) => {
    if (!isRecord(look)) return []
    const text = JSON.stringify(look['script'])
    const other = texts.get(look['name'])
    texts.set(look['name'], text)
    return other === undefined || other === text
      ? []
      : [`two looks are called ${String(look['name'])}, and ask other things`]
  })
}

function listProblems(
  at: string,
  list: unknown,
  problems: (at: string, one: Record<string, unknown>) => string[],
): string[] {
  if (!Array.isArray(list) || list.length === 0) return [`${at}: is missing: a list of at least one`]
  return list.flatMap((one: unknown, index) =>
    isRecord(one) ? problems(`${at}[${index}]`, one) : [`${at}[${index}]: is ${kindOf(one)}, no record`],
  )
}

function unknownKeys(
  at: string,
  record: Record<string, unknown>,
  known: readonly string[],
  reasons: Partial<Record<string, string>> = {},
): string[] {
  const strange = Object.keys(record).filter((key) => !known.includes(key))
  return strange.map((key) => {
    const meant = nearest(key, known)
    const reason =
      reasons[key] ?? `unknown; ${meant === undefined ? `there are ${known.join(', ')}` : `did you mean ${meant}?`}`
    return `${at === '' ? '' : `${at}.`}${key}: ${reason}`
  })
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== ''
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  return value === null ? 'null' : typeof value
}
