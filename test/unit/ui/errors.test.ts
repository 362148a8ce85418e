import { describe, expect, test } from 'vitest'

import { DeployError, DeployErrors } from '../../../src/errors.ts'
import { noColors } from '../../../src/ui/colors.ts'
import { errorJson, exitCodeOf, wordError } from '../../../src/ui/errors.ts'

const portTaken = new DeployError({
  message: 'the peer port is taken',
  host: 'node2',
  tried: 'listen on 10.0.0.2:2380',
  answered: 'bind: address already in use\n',
  next: ["See who listens: ss -ltnp 'sport = :2380'", 'Or set nodes.node2.peer.port.'],
})

describe('for people', () => {
  test('host, what was tried, what came back, what to do', () => {
    expect(wordError(portTaken, noColors)).toBe(
      [
        '✖ node2: the peer port is taken',
        '    tried     listen on 10.0.0.2:2380',
        '    answered  bind: address already in use',
        "    next      See who listens: ss -ltnp 'sport = :2380'",
        '              Or set nodes.node2.peer.port.',
      ].join('\n'),
    )
  })

  test('a hostile answer is harmless and bounded', () => {
    const answered = `\u001b[2J\u001b]0;title\u0007${Array.from({ length: 100 }, (_, index) => `line ${index}`).join('\n')}`
    const text = wordError(new DeployError({ message: 'failed\u001b[31m', answered }), noColors)
    expect(text).not.toContain('\u001b')
    expect(text).toContain('answered  … 80 lines before')
    expect(text).toContain('line 99')
    expect(text.split('\n')).toHaveLength(22)
  })

  test('the same problem of several hosts is told once', () => {
    const facts = { message: 'no sudo', tried: 'sudo -n true', next: 'Set ssh.sudo.' }
    const problems = [
      new DeployError({ ...facts, host: 'node1' }),
      new DeployError({ message: 'clock is wrong', host: 'node2' }),
      new DeployError({ ...facts, host: 'node3' }),
    ]
    expect(wordError(new DeployErrors('2 things stand in the way', problems), noColors)).toBe(
      [
        '2 things stand in the way',
        '',
        '✖ node1, node3: no sudo\n    tried     sudo -n true\n    next      Set ssh.sudo.',
        '',
        '✖ node2: clock is wrong',
      ].join('\n'),
    )
  })

  test('what nobody foresaw keeps its stack and its cause, and is called a bug', () => {
    const text = wordError(new TypeError('x is undefined', { cause: new Error('deeper') }), noColors)
    expect(text).toMatch(/^✖ TypeError: x is undefined\n {4}at .*errors\.test\.ts/)
    expect(text).toContain('caused by Error: deeper')
    expect(text).toContain('a bug in etcd-deploy')
  })

  test('something else than an error was thrown', () => {
    expect(wordError('oops', noColors)).toContain('✖ thrown: oops')
  })
})

describe('for programs', () => {
  test('the facts as fields', () => {
    expect(errorJson(portTaken)).toEqual({
      message: 'the peer port is taken',
      exitCode: 1,
      host: 'node2',
      tried: 'listen on 10.0.0.2:2380',
      answered: 'bind: address already in use\n',
      next: ["See who listens: ss -ltnp 'sport = :2380'", 'Or set nodes.node2.peer.port.'],
    })
  })

  test('several at once', () => {
    const refused = new DeployError({ message: 'no quorum', exitCode: 3 })
    const json = errorJson(new DeployErrors('two', [portTaken, refused]))
    expect(json).toMatchObject({ message: 'two', exitCode: 3, problems: [{ host: 'node2' }, { exitCode: 3 }] })
  })

  test('exit codes', () => {
    expect(exitCodeOf(new DeployError({ message: 'x', exitCode: 4 }))).toBe(4)
    expect(exitCodeOf(new TypeError('x'))).toBe(1)
  })
})
