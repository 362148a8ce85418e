import { describe, expect, test } from 'vitest'

import { loadColors, noColors, wantsColors } from '../../../src/ui/colors.ts'
import { chooseRenderer } from '../../../src/ui/renderer.ts'

describe('the renderer', () => {
  test.each([
    ['a person', { json: false, isTTY: true, env: {} }, 'terminal'],
    ['a pipe', { json: false, isTTY: false, env: {} }, 'plain'],
    ['a CI that claims to be a terminal', { json: false, isTTY: true, env: { CI: 'true' } }, 'plain'],
    ['CI=false', { json: false, isTTY: true, env: { CI: 'false' } }, 'terminal'],
    ['a dumb terminal', { json: false, isTTY: true, env: { TERM: 'dumb' } }, 'plain'],
    ['--verbose', { json: false, isTTY: true, env: {}, verbose: true }, 'plain'],
    ['--json', { json: true, isTTY: true, env: {} }, 'json'],
  ])('for %s', (_, wanted, name) => {
    expect(chooseRenderer(wanted)).toBe(name)
  })
})

describe('colours', () => {
  test.each([
    ['on a terminal', true, {}, true],
    ['in a pipe', false, {}, false],
    ['NO_COLOR', true, { NO_COLOR: '1' }, false],
    ['an empty NO_COLOR, which says nothing', true, { NO_COLOR: '' }, true],
    ['FORCE_COLOR in a pipe', false, { FORCE_COLOR: '1' }, true],
    ['NO_COLOR and FORCE_COLOR', true, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
    ['a dumb terminal', true, { TERM: 'dumb' }, false],
  ])('%s', (_, isTTY, env, wanted) => {
    expect(wantsColors(isTTY, env)).toBe(wanted)
  })

  test('are chalk, or nothing at all', async () => {
    expect((await loadColors(true)).red('x')).toBe('\u001b[31mx\u001b[39m')
    expect(await loadColors(false)).toBe(noColors)
    expect(noColors.red('x')).toBe('x')
  })
})
