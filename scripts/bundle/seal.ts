import { spawn } from 'node:child_process'
import { createHash, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream, lstatSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { BundleUnavailableError } from './errors.ts'
import {
  type BundleFacts,
  type BundleFile,
  type BundleManifest,
  formatManifest,
  MANIFEST_FILE,
  SIGNATURE_FILE,
} from './manifest.ts'
import { signManifest } from './signature.ts'

/** What `install.sh` gives a file; a checkout under another umask makes the same bundle. */
const EXECUTABLE = 0o100

const describe = async (folder: string, path: string): Promise<BundleFile> => {
  const { mode, size } = statSync(join(folder, path))
  const hash = createHash('sha256')
  await pipeline(createReadStream(join(folder, path)), hash)
  return { path, size, mode: mode & EXECUTABLE ? '755' : '644', sha256: hash.digest('hex') }
}

/** All files under a folder but the manifest and its signature. */
export const listFiles = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((path) => path !== MANIFEST_FILE && path !== SIGNATURE_FILE)
    .sort()

/** Bytes on their way into the archive, one program's output into the other's input. */
const archive = async (folder: string, out: string, paths: readonly string[], at: string, level: number) => {
  const list = paths.map((path) => `${basename(folder)}/${path}\n`).join('')
  const options = ['--format=ustar', '--owner=0', '--group=0', '--numeric-owner', '--mode=u=rwX,go=rX', `--mtime=${at}`]
  const tar = spawn('tar', [...options, '--no-recursion', '-C', dirname(folder), '-cf', '-', '-T', '-'], {
    env: { PATH: process.env.PATH, LC_ALL: 'C' },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  // Without a name or a time in its head, so that the same files make the same archive.
  const gzip = spawn('sh', ['-c', `exec gzip -n -${level} >"$1"`, 'sh', out], { stdio: ['pipe', 'inherit', 'inherit'] })
  const ends = Promise.all([once(tar, 'exit'), once(gzip, 'exit')])
  tar.stdin.end(list)
  await pipeline(tar.stdout, gzip.stdin)
  const codes = (await ends).map(([code]) => code)
  if (codes.some((code) => code !== 0)) throw new BundleUnavailableError(`tar or gzip failed (${codes.join(', ')})`)
}

export interface SignOptions {
  /** what goes into the bundle; its name is the folder people unpack, and it receives manifest and signature */
  readonly folder: string
  readonly facts: BundleFacts
  readonly privateKey: KeyObject
}

/**
 * Write a folder's manifest and the vendor's signature over it, into the folder.
 * @throws BundleRefusedError when a file has a name that may not be in a bundle
 * @throws BundleUnavailableError when something in the folder is no plain file
 */
export const signFolder = async ({ folder, facts, privateKey }: SignOptions): Promise<BundleManifest> => {
  const paths = listFiles(folder)
  const odd = paths.find((path) => !lstatSync(join(folder, path)).isFile())
  if (odd) throw new BundleUnavailableError(`${odd} is no plain file`)
  const files: BundleFile[] = []
  for (const path of paths) files.push(await describe(folder, path))
  const manifest: BundleManifest = { ...facts, files }
  const text = formatManifest(manifest)
  writeFileSync(join(folder, MANIFEST_FILE), text)
  writeFileSync(join(folder, SIGNATURE_FILE), signManifest(text, privateKey))
  return manifest
}

export interface SealOptions extends SignOptions {
  /** the archive, a `.tar.gz` */
  readonly out: string
  /** 1 quick to 9 small */
  readonly level?: number
}

/**
 * Make an archive of a folder: its manifest, the vendor's signature over that, and every file. The same files and facts
 * make the same bytes.
 * @throws BundleRefusedError, BundleUnavailableError as `signFolder` does, and when tar or gzip fail
 */
export const sealBundle = async ({ out, level = 6, ...options }: SealOptions): Promise<BundleManifest> => {
  const manifest = await signFolder(options)
  const paths = manifest.files.map(({ path }) => path)
  const draft = `${out}.new`
  try {
    await archive(options.folder, draft, [MANIFEST_FILE, SIGNATURE_FILE, ...paths], options.facts.madeAt, level)
    renameSync(draft, out)
  } finally {
    rmSync(draft, { force: true })
  }
  return manifest
}
