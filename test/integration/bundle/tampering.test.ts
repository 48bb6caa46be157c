import { spawnSync } from 'node:child_process'
import { createPublicKey } from 'node:crypto'
import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { newKeyPair } from '../../../scripts/bundle/signature.ts'
import { verifyArchive } from '../../../scripts/bundle/verify.ts'
import { aSmallBundle, install, packAsItIs, placesIn, scratchFolder, snapshotOf } from './small-bundle.ts'

type Bundle = Awaited<ReturnType<typeof aSmallBundle>>

/** Flip one bit of a file. */
const spoil = (path: string, at = 0): void => {
  const bytes = readFileSync(path)
  bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ 1
  writeFileSync(path, bytes)
}

/** What somebody between vendor and reader might do to the unpacked bundle, and what is said of it. */
const TAMPERINGS: readonly (readonly [string, (bundle: Bundle) => unknown, RegExp])[] = [
  [
    'one bit of a program',
    ({ folder }) => spoil(join(folder, 'release/infra/bundle/apply.sh'), 700),
    /apply\.sh has been changed/,
  ],
  // In a comment: one that is changed for real says what it likes, which is why people check it by hand first.
  ['one bit of the installer', ({ folder }) => spoil(join(folder, 'install.sh'), 30), /install\.sh has been changed/],
  [
    'one byte more in an empty file',
    ({ folder }) => writeFileSync(join(folder, 'release/empty.txt'), 'x'),
    /empty\.txt has been changed/,
  ],
  ['one bit of the manifest', ({ folder }) => spoil(join(folder, 'MANIFEST.json'), 40), /signature/],
  ['one bit of the signature', ({ folder }) => spoil(join(folder, 'MANIFEST.sig'), 40), /signature/],
  ['a manifest signed by another', ({ seal, archive }) => seal(archive, newKeyPair().privateKey), /signature/],
  ['no signature', ({ folder }) => rmSync(join(folder, 'MANIFEST.sig')), /MANIFEST\.sig is (missing|not where)/],
  ['a file more', ({ folder }) => writeFileSync(join(folder, 'release/evil.js'), ''), /evil\.js.*not in the manifest/],
  [
    'a hidden file more',
    ({ folder }) => writeFileSync(join(folder, 'release/.evil'), ''),
    /\.evil.*not in the manifest/,
  ],
  ['a file less', ({ folder }) => rmSync(join(folder, 'sbom.json')), /sbom\.json is missing/],
  [
    'a symbolic link in place of a file, with the same bytes',
    ({ folder, dir }) => {
      renameSync(join(folder, 'sbom.json'), join(dir, 'outside.json'))
      symlinkSync(join(dir, 'outside.json'), join(folder, 'sbom.json'))
    },
    /sbom\.json.* no plain file/,
  ],
  [
    'a symbolic link in place of a folder, with the same files',
    ({ folder, dir }) => {
      renameSync(join(folder, 'release'), join(dir, 'elsewhere'))
      symlinkSync(join(dir, 'elsewhere'), join(folder, 'release'))
    },
    /release.* no plain file/,
  ],
  ['a pipe', ({ folder }) => spawnSync('mkfifo', [join(folder, 'release/pipe')]), /pipe.* no plain file/],
]

describe('install.sh of a tampered bundle', () => {
  it.each(TAMPERINGS)('refuses %s and touches nothing', async (_name, tamper, words) => {
    const bundle = await aSmallBundle()
    await tamper(bundle)
    const target = scratchFolder()
    writeFileSync(join(target, 'was-there'), 'before')
    const before = snapshotOf(target)
    const { code, said } = await install(bundle.folder, ['--key', bundle.key, ...placesIn(target)])
    expect(said).toMatch(words)
    expect(said).toContain('Nothing was changed')
    expect(code).toBe(4)
    expect(snapshotOf(target)).toEqual(before)
  })

  it('refuses a manifest of another digest, and a key of another vendor', async () => {
    const { folder, dir } = await aSmallBundle()
    const target = scratchFolder()
    const other = join(dir, 'other.pub')
    writeFileSync(other, newKeyPair().publicKey)
    for (const trust of [
      ['--manifest-sha256', 'a'.repeat(64)],
      ['--key', other],
    ])
      expect(await install(folder, [...trust, ...placesIn(target)])).toMatchObject({ code: 4 })
    expect(snapshotOf(target)).toEqual([])
  })

  it('asks whom to trust, and takes no key of another kind', async () => {
    const { folder, dir } = await aSmallBundle()
    const target = scratchFolder()
    expect(await install(folder, placesIn(target))).toMatchObject({ code: 2, said: expect.stringContaining('--key') })
    const bad = join(dir, 'bad.pub')
    writeFileSync(bad, 'no key')
    expect(await install(folder, ['--key', bad, ...placesIn(target)])).toMatchObject({ code: 2 })
    expect(snapshotOf(target)).toEqual([])
  })

  it('runs nothing that was changed after it was looked at', async () => {
    const { folder, key, dir } = await aSmallBundle()
    const [step, trace] = [join(folder, 'release/infra/bundle/apply.sh'), join(dir, 'trace')]
    mkdirSync(join(dir, 'bin'))
    const swapping = `#!/bin/sh\n/usr/bin/sha256sum "$@" || exit\n[ $# = 0 ] || echo 'touch ${trace}' >${step}\n`
    writeFileSync(join(dir, 'bin', 'sha256sum'), swapping, { mode: 0o755 })
    const args = ['--key', key, ...placesIn(scratchFolder())]
    const refused = await install(folder, args, `${join(dir, 'bin')}:${process.env.PATH}`)
    expect(refused).toMatchObject({ code: 4, said: expect.stringContaining('changed while it was looked at') })
    expect(existsSync(trace)).toBe(false)
  })

  it('refuses what it could not check', async () => {
    const { folder, key, dir } = await aSmallBundle()
    mkdirSync(join(dir, 'bin'))
    writeFileSync(join(dir, 'bin', 'sha256sum'), '#!/bin/sh\nexit 137\n', { mode: 0o755 })
    const refused = await install(folder, ['--verify', '--key', key], `${join(dir, 'bin')}:${process.env.PATH}`)
    expect(refused).toMatchObject({ code: 4, said: expect.stringContaining('could not be checked') })
  })

  it('takes the whole bundle, by key and by digest', async () => {
    const { folder, key } = await aSmallBundle()
    const { stdout } = spawnSync('sha256sum', [join(folder, 'MANIFEST.json')], { encoding: 'utf8' })
    for (const trust of [
      ['--key', key],
      ['--manifest-sha256', stdout.slice(0, 64)],
    ])
      expect(await install(folder, ['--verify', ...trust])).toMatchObject({ code: 0 })
  })
})

describe('verifyArchive', () => {
  const publicKeyOf = ({ key }: Bundle) => createPublicKey(readFileSync(key))

  it('takes the archive as it was made', async () => {
    const bundle = await aSmallBundle()
    expect(await verifyArchive(bundle.archive, publicKeyOf(bundle))).toEqual(bundle.manifest)
  })

  it.each(TAMPERINGS.filter(([name]) => !/folder/.test(name)))('refuses %s', async (_name, tamper, words) => {
    const bundle = await aSmallBundle()
    await tamper(bundle)
    const packed = () => packAsItIs(bundle.folder, join(bundle.dir, 'tampered.tar.gz'))
    if (_name === 'no signature') {
      expect(packed).toThrow()
      return
    }
    await expect(verifyArchive(packed(), publicKeyOf(bundle))).rejects.toThrow(words)
  })

  it('refuses a file of another key, a file twice, and two names for one file', async () => {
    const bundle = await aSmallBundle()
    const other = createPublicKey(newKeyPair().publicKey)
    await expect(verifyArchive(bundle.archive, other)).rejects.toThrow('signature')
    const out = join(bundle.dir, 'tampered.tar.gz')
    const name = bundle.folder.slice(bundle.folder.lastIndexOf('/') + 1)
    const tar = gunzipSync(readFileSync(packAsItIs(bundle.folder, out)))
    // The end is two empty blocks; the last file of the archive once more before them.
    const end = tar.subarray(0, tar.lastIndexOf(Buffer.from(`${name}/sbom.json\0`)) + 2 * 512)
    writeFileSync(out, gzipSync(Buffer.concat([end, end.subarray(-2 * 512), Buffer.alloc(2 * 512)])))
    await expect(verifyArchive(out, publicKeyOf(bundle))).rejects.toThrow('sbom.json is not in the manifest')
    linkSync(join(bundle.folder, 'install.sh'), join(bundle.folder, 'release', 'zz.sh'))
    const twice = packAsItIs(bundle.folder, out)
    await expect(verifyArchive(twice, publicKeyOf(bundle))).rejects.toThrow('no plain file')
  })

  it.each([
    ['a step up', 's,/sbom,/../sbom,'],
    ['the root', 's,^[^/]*/sbom,/sbom,'],
    ['another folder', 's,^[^/]*/sbom,other/sbom,'],
  ])('refuses a path that leads to %s', async (_name, transform) => {
    const bundle = await aSmallBundle()
    const out = packAsItIs(bundle.folder, join(bundle.dir, 'escape.tar.gz'), '-P', `--transform=${transform}`)
    await expect(verifyArchive(out, publicKeyOf(bundle))).rejects.toThrow(/not in the manifest|outside/)
  })

  it.each([
    ['a step up', 's,^[^/]*/,../,'],
    ['the root', 's,^[^/]*/,/,'],
    ['a hidden one', 's,^[^/]*/,.ssh/,'],
    ['another for the signature', 's,^[^/]*/MANIFEST.sig,other/MANIFEST.sig,'],
  ])('refuses a folder that is %s', async (_name, transform) => {
    const bundle = await aSmallBundle()
    const out = packAsItIs(bundle.folder, join(bundle.dir, 'folder.tar.gz'), '-P', `--transform=${transform}`)
    await expect(verifyArchive(out, publicKeyOf(bundle))).rejects.toThrow('is not where Muster puts it')
  })

  it('refuses an archive that is cut short anywhere, or goes on after its end', async () => {
    const bundle = await aSmallBundle()
    const whole = readFileSync(bundle.archive)
    const out = join(bundle.dir, 'cut.tar.gz')
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: whole.length - 1 }), async (length) => {
        writeFileSync(out, whole)
        truncateSync(out, length)
        await expect(verifyArchive(out, publicKeyOf(bundle))).rejects.toThrow(/archive/)
      }),
      { numRuns: 40 },
    )
    const tar = gunzipSync(whole)
    writeFileSync(out, gzipSync(Buffer.concat([tar, tar])))
    await expect(verifyArchive(out, publicKeyOf(bundle))).rejects.toThrow('goes on after its end')
  })

  it('never takes an archive with a wrong bit for another one', async () => {
    const bundle = await aSmallBundle()
    const whole = readFileSync(bundle.archive)
    const tar = gunzipSync(whole)
    const out = join(bundle.dir, 'bit.tar.gz')
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(7), async (at, bit) => {
        const bytes = Buffer.from(whole)
        bytes[at] = (bytes[at] ?? 0) ^ (1 << bit)
        writeFileSync(out, bytes)
        const taken = await verifyArchive(out, publicKeyOf(bundle)).catch(() => undefined)
        // Some bits of a compressed file say the same either way: then not one byte of the files differs.
        expect(taken === undefined || gunzipSync(bytes).equals(tar)).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  it('is deterministic: the same files make the same bytes', async () => {
    const bundle = await aSmallBundle()
    const again = join(bundle.dir, 'again.tar.gz')
    await bundle.seal(again)
    expect(readFileSync(again).equals(readFileSync(bundle.archive))).toBe(true)
  })
})
