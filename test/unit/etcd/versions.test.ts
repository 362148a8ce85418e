import { describe, expect, test } from 'vitest'
import {
  atLeast,
  checkVersion,
  compareVersions,
  minorSeries,
  parseVersion,
  releaseAdvice,
  sharesPortSafely,
} from '../../../src/etcd/versions.ts'

describe('exact versions', () => {
  test.each([
    ['3.6.16', '3.6.16'],
    ['v3.6.16', '3.6.16'],
    [' 3.3.0 ', '3.3.0'],
  ])('%j is %s', (text, version) => {
    expect(parseVersion(text)).toBe(version)
  })

  test.each(['3.6', '3', '3.6.x', '^3.6.1', '3.6.0-rc.1', '3.06.1', 'vv3.6.1', 'latest', '3.6.16.1', ''])(
    '%j is none',
    (text) => {
      expect(parseVersion(text)).toBeUndefined()
    },
  )
})

test('versions are ordered by number, not by text', () => {
  const sorted = ['3.4.23', '3.10.0', '3.4.3', '3.6.16', '3.5.35'].toSorted(compareVersions)
  expect(sorted).toEqual(['3.4.3', '3.4.23', '3.5.35', '3.6.16', '3.10.0'])
  expect(atLeast('3.5.0', '3.5')).toBe(true)
  expect(atLeast('3.4.45', '3.5')).toBe(false)
  expect(minorSeries('3.10.2')).toBe('3.10')
})

describe('the version of an inventory', () => {
  test.each([3.6, undefined, null, '3.6', '3.x'])('%j is refused with an example', (value) => {
    expect(checkVersion(value)).toMatchObject({ next: expect.stringContaining('3.6.16') })
  })

  test('below 3.3 there is no support', () => {
    expect(checkVersion('3.2.32')).toMatchObject({ message: expect.stringContaining('older than 3.3') })
    expect(checkVersion('3.3.0')).toMatchObject({ version: '3.3.0' })
  })

  test('a newer series is taken as the newest known one, with a warning', () => {
    expect(checkVersion('3.8.1')).toEqual({ version: '3.8.1', warnings: [expect.stringContaining('treated as 3.7')] })
    expect(checkVersion('4.0.0')).toHaveProperty('message')
  })
})

describe('releases that the maintainers warn of', () => {
  test.each([
    ['3.3.27', 'end of life'],
    ['3.4.45', 'end of life'],
    ['3.4.7', '11651'],
    ['3.4.21', '3.4.22'],
    ['3.5.0', '13766'],
    ['3.5.2', '13766'],
    ['3.5.3', '13946'],
    ['3.5.5', '3.5.6'],
    ['3.6.3', '20387'],
  ])('%s: %s', (version, reason) => {
    expect(releaseAdvice(version).join('\n')).toContain(reason)
  })

  test.each(['3.5.6', '3.5.35', '3.6.4', '3.6.16', '3.7.0', '3.7.3'])('%s is good', (version) => {
    expect(releaseAdvice(version)).toEqual([])
  })

  test('each fault has its last release: 3.4.8 and 3.4.22 are past them', () => {
    expect(releaseAdvice('3.4.8').join()).not.toContain('11651')
    expect(releaseAdvice('3.4.22')).toHaveLength(1)
    expect(releaseAdvice('3.5.3').join()).not.toContain('13766')
  })
})

test.each([
  ['3.3.27', false],
  ['3.4.24', false],
  ['3.4.25', true],
  ['3.5.7', false],
  ['3.5.8', true],
  ['3.6.0', true],
])('http and https on one port, in %s: %j', (version, safely) => {
  expect(sharesPortSafely(version)).toBe(safely)
})
