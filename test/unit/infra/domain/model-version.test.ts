import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareVersions, isModelName, isModelVersion, parseModelName } from '../../../../infra/domain/model-version.ts'

const number = fc.nat({ max: 30 })
const part = fc.oneof(number.map(String), fc.constantFrom('alpha', 'beta', 'rc', '0a'))
const version = fc
  .tuple(number, number, number, fc.array(part, { maxLength: 3 }))
  .map(([major, minor, patch, pre]) => `${major}.${minor}.${patch}${pre.length > 0 ? `-${pre.join('.')}` : ''}`)

describe('compareVersions', () => {
  it.each([
    ['1.0.0', '1.0.1'],
    ['1.9.0', '1.10.0'],
    ['9.0.0', '10.0.0'],
    ['1.0.0-alpha', '1.0.0-alpha.1'],
    ['1.0.0-alpha.1', '1.0.0-alpha.beta'],
    ['1.0.0-beta.2', '1.0.0-beta.11'],
    ['1.0.0-rc.1', '1.0.0'],
  ])('puts %s before %s, as semver.org does', (low, high) => {
    expect(compareVersions(low, high)).toBeLessThan(0)
    expect(compareVersions(high, low)).toBeGreaterThan(0)
  })

  it('orders any versions, whichever way they come', () => {
    fc.assert(
      fc.property(fc.array(version, { minLength: 2, maxLength: 8 }), (versions) => {
        const sorted = versions.toSorted(compareVersions)
        expect(versions.toReversed().sort(compareVersions)).toEqual(sorted)
        expect(compareVersions(sorted[0] ?? '', sorted.at(-1) ?? '')).toBeLessThanOrEqual(0)
      }),
    )
  })
})

describe('parseModelName', () => {
  it('reads what it wrote', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,20}$/), version, (name, text) => {
        expect(parseModelName(`${name}@${text}`)).toEqual({ name, version: text })
      }),
    )
  })

  it.each([
    '',
    'net',
    'net@',
    '@1.0.0',
    'net@1.0',
    'net@1.0.0@2.0.0',
    '../net@1.0.0',
    'net@../1.0.0',
    'Net@1.0.0',
    'net@1.0.0+build',
  ])('refuses %j', (text) => {
    expect(parseModelName(text)).toBeUndefined()
  })
})

it('lets no name and no version lead out of a folder', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 12, unit: fc.constantFrom('.', '/', '\\', 'a', '1', '-', '\0') }), (text) => {
      if (!isModelName(text) && !isModelVersion(text)) return
      expect(text).not.toMatch(/^\.|[/\\\0]/)
    }),
  )
})
