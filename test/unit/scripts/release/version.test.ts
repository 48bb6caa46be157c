import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  bears,
  type ChangeKind,
  compareVersions,
  nextVersion,
  parseVersion,
  VersionInvalidError,
} from '../../../../scripts/release/version.ts'

const version = fc.tuple(fc.nat(50), fc.nat(50), fc.nat(50)).map((parts) => parts.join('.'))
const kind = fc.constantFrom<ChangeKind>('contract', 'logic', 'model')

describe('a version', () => {
  it.each(['', '1', '1.2', '1.2.3.4', 'v1.2.3', '1.2.3-rc1', '01.2.3', '1.2.x', '1.2.3 '])('is not %j', (text) => {
    expect(() => parseVersion(text)).toThrow(VersionInvalidError)
  })

  it('is compared number by number', () => {
    const sorted = ['0.9.10', '0.10.0', '0.10.2', '1.0.0', '1.2.0', '10.0.0']
    expect([...sorted].reverse().sort(compareVersions)).toEqual(sorted)
  })
})

describe('the next version', () => {
  it.each([
    ['2.5.3', 'contract', '3.0.0'],
    ['2.5.3', 'logic', '2.6.0'],
    ['2.5.3', 'model', '2.5.4'],
    ['0.1.0', 'contract', '0.2.0'],
    ['0.1.0', 'logic', '0.1.1'],
    ['0.1.0', 'model', '0.1.1'],
  ] as const)('after %s with a change of %s is %s', (last, change, next) => {
    expect(nextVersion(last, change)).toBe(next)
  })

  it('is higher, says what it says, and no version below it does', () => {
    fc.assert(
      fc.property(version, version, kind, (last, other, change) => {
        const next = nextVersion(last, change)
        expect(compareVersions(next, last)).toBeGreaterThan(0)
        expect(bears(last, next, change)).toBe(true)
        expect(bears(last, other, change)).toBe(compareVersions(other, next) >= 0)
        expect(bears(last, last, change)).toBe(false)
      }),
    )
  })
})
