import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type BundleFile,
  type BundleManifest,
  differenceOf,
  formatManifest,
  isBundlePath,
  parseManifest,
  sizesOf,
} from '../../../../scripts/bundle/manifest.ts'

const SHA = 'a'.repeat(64)

const aFile = (part: Partial<BundleFile> = {}): BundleFile => ({
  path: 'release/package.json',
  mode: '644',
  size: 3,
  sha256: SHA,
  ...part,
})

const aManifest = (files: readonly BundleFile[] = [aFile()]): BundleManifest => ({
  version: '1.2.3',
  commit: 'c0ffee',
  changed: false,
  madeAt: '2026-11-21T16:00:00.000Z',
  platform: 'linux-x64',
  debian: '12',
  node: '24.21.0',
  packages: [],
  files,
})

const segments = fc.stringMatching(/^[A-Za-z0-9@_][A-Za-z0-9@_.+~-]{0,12}$/)
const paths = fc.array(segments, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/'))
const files = fc.uniqueArray(
  fc.record({
    path: paths,
    mode: fc.constantFrom('644' as const, '755' as const),
    size: fc.nat(),
    sha256: fc.stringMatching(/^[0-9a-f]{64}$/),
  }),
  { selector: ({ path }) => path, minLength: 1, maxLength: 20 },
)

describe('isBundlePath', () => {
  it('takes relative paths of plain letters', () => {
    fc.assert(fc.property(paths, isBundlePath))
    expect(isBundlePath('release/node_modules/@aws-sdk/client-s3/package.json')).toBe(true)
    expect(isBundlePath('debian/libstdc++6_12.2.0-14+deb12u1_amd64.deb')).toBe(true)
  })

  it.each([
    '',
    '/',
    '/etc/passwd',
    '..',
    '../x',
    'a/../b',
    'a/./b',
    'a//b',
    'a/',
    '.hidden',
    'a/.git/config',
    '-rf',
    'a/-n',
    'a b',
    'a\nb',
    'a\\b',
    'a"b',
    "a'b",
    'a$b',
    'a;b',
    'a%2e',
    'ä',
    'a\u0000b',
    'a'.repeat(241),
  ])('refuses %j', (path) => {
    expect(isBundlePath(path)).toBe(false)
  })

  it('refuses every path with a step up, an empty step or a start at the root', () => {
    fc.assert(
      fc.property(paths, fc.constantFrom('..', '.', ''), fc.nat(5), (path, bad, at) => {
        const parts = path.split('/')
        return !isBundlePath(parts.toSpliced(Math.min(at, parts.length), 0, bad).join('/'))
      }),
    )
  })
})

describe('formatManifest and parseManifest', () => {
  it('read back what was written, whatever the order of the files', () => {
    fc.assert(
      fc.property(files, (some) => {
        const text = formatManifest(aManifest(some))
        expect(formatManifest(aManifest(some.toReversed()))).toBe(text)
        expect(new Set(parseManifest(text).files)).toEqual(new Set(some))
      }),
    )
  })

  it('put each file on a line of its own, as install.sh reads it', () => {
    const line = /^ {4}\{"path":"([^"]+)","mode":"(644|755)","size":[0-9]+,"sha256":"([0-9a-f]{64})"\},?$/
    fc.assert(
      fc.property(files, (some) => {
        const lines = formatManifest(aManifest(some))
          .split('\n')
          .filter((one) => line.test(one))
        expect(lines.map((one) => line.exec(one)?.[1])).toEqual(some.map(({ path }) => path).sort())
      }),
    )
  })

  it('refuse a text that says the same in other words', () => {
    const text = formatManifest(aManifest())
    expect(() => parseManifest(JSON.stringify(JSON.parse(text)))).toThrow('not written as Muster writes it')
    expect(() => parseManifest(text.replace('"644"', '"6\\u00344"'))).toThrow('not written as Muster writes it')
  })

  it.each([
    ['no JSON', () => 'x'],
    ['another schema', (text: string) => text.replace('"schema": 1', '"schema": 2')],
    ['an unknown member', (text: string) => text.replace('"schema": 1', '"schema": 1,\n  "more": 1')],
    ['a wrong count', (text: string) => text.replace('"fileCount": 1', '"fileCount": 2')],
    [
      'a file twice',
      (text: string) => text.replace(/( {4}\{.*\})/, '$1,\n$1').replace('"fileCount": 1', '"fileCount": 2'),
    ],
    ['a path outside', (text: string) => text.replace('release/package.json', '../package.json')],
    ['a short digest', (text: string) => text.replace(SHA, SHA.slice(1))],
  ])('refuse %s', (_name, change) => {
    expect(() => parseManifest(change(formatManifest(aManifest())))).toThrow()
  })

  it('refuse to write a path that may not be in a bundle', () => {
    expect(() => formatManifest(aManifest([aFile({ path: 'a/../b' })]))).toThrow('cannot hold')
  })
})

describe('differenceOf', () => {
  it('is undefined for the very file alone', () => {
    expect(differenceOf(aFile(), aFile())).toBeUndefined()
    expect(differenceOf(undefined, aFile())).toContain('not in the manifest')
    expect(differenceOf(aFile(), aFile({ size: 4 }))).toContain('changed')
    expect(differenceOf(aFile(), aFile({ sha256: 'b'.repeat(64) }))).toContain('changed')
  })
})

describe('sizesOf', () => {
  it('counts every file in one part, the heaviest part first', () => {
    fc.assert(
      fc.property(files, (some) => {
        const sizes = sizesOf(aManifest(some))
        expect(sizes.reduce((sum, { fileCount }) => sum + fileCount, 0)).toBe(some.length)
        expect(sizes.map(({ bytes }) => bytes)).toEqual(sizes.map(({ bytes }) => bytes).sort((a, b) => b - a))
      }),
    )
    expect(sizesOf(aManifest([aFile({ path: 'debian/a.deb', size: 9 }), aFile()])).map(({ part }) => part)).toEqual([
      'Debian packages',
      'Muster',
    ])
  })
})
