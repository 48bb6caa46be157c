import { execFile } from 'node:child_process'
import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { newKeyPair } from '../../../scripts/bundle/signature.ts'
import { aSmallBundle, scratchFolder } from './small-bundle.ts'

const MUSTER = join(import.meta.dirname, '..', '..', '..', 'scripts', 'muster.ts')

const bundle = (
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> =>
  new Promise((resolve) => {
    execFile(
      process.execPath,
      [MUSTER, 'bundle', ...args],
      { env: { PATH: process.env.PATH, NO_COLOR: '1' } },
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    )
  })

it('keygen makes a pair of which only the public half may be read, and never a second time', async () => {
  const name = join(scratchFolder(), 'vendor')
  const made = await bundle('keygen', name)
  expect(made.stdout).toMatch(/^[0-9a-f]{64}\n$/)
  expect(statSync(`${name}.key`).mode & 0o777).toBe(0o600)
  expect(await bundle('keygen', name)).toMatchObject({ code: 2, stderr: expect.stringContaining('is there already') })
})

it('verify tells what a bundle is, and refuses one of another key', async () => {
  const { archive, key, dir, manifest } = await aSmallBundle()
  const verified = await bundle('verify', archive, '--key', key, '--json')
  expect(JSON.parse(verified.stdout)).toMatchObject({ version: '1.0.0', fileCount: manifest.files.length })
  const other = join(dir, 'other.pub')
  writeFileSync(other, newKeyPair().publicKey)
  expect(await bundle('verify', archive, '--key', other)).toMatchObject({ code: 4, stdout: '' })
  expect(await bundle('verify', join(dir, 'none.tar.gz'), '--key', key)).toMatchObject({ code: 2 })
})

it('create asks for a private key that only its owner can read', async () => {
  const { dir, key, privateKey } = await aSmallBundle()
  const open = join(dir, 'open.key')
  writeFileSync(open, privateKey, { mode: 0o644 })
  expect(await bundle('create', '--key', open)).toMatchObject({ code: 2, stderr: expect.stringContaining('chmod 600') })
  expect(await bundle('create', '--key', key)).toMatchObject({ code: 2 })
})
