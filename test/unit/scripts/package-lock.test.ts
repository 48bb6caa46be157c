import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

interface Entry {
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly version?: string
  readonly integrity?: string
  readonly license?: string
  readonly dev?: boolean
  readonly optional?: boolean
  readonly link?: boolean
  readonly inBundle?: boolean
  readonly hasInstallScript?: boolean
  readonly os?: readonly string[]
  readonly cpu?: readonly string[]
  readonly libc?: readonly string[]
}

const lock = JSON.parse(readFileSync(new URL('../../../package-lock.json', import.meta.url), 'utf8')) as {
  readonly packages: Readonly<Record<string, Entry>>
}

it('lists every optional package, also those of other machines: npm 11 refuses a lock file that does not', () => {
  const listed = new Set(Object.keys(lock.packages).map((path) => path.slice(path.lastIndexOf('node_modules/') + 13)))
  const missing = Object.values(lock.packages)
    .flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies))
    .filter((name) => !listed.has(name))
  expect(missing).toEqual([])
})

it('names no registry: a package comes from wherever this machine gets its packages', () => {
  expect(Object.values(lock.packages).filter((entry) => 'resolved' in entry)).toEqual([])
})

/** Their scripts fetch or build what we bring ourselves, or nobody needs: every install is with `--ignore-scripts`. */
const HAVE_SCRIPTS_THAT_NEVER_RUN = ['msgpackr-extract', 'onnxruntime-node']
/** Permissive licences, and that of libvips, which sharp loads as a shared library of its own. */
const LICENCES = [
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'ISC',
  'LGPL-3.0-or-later',
  'MIT',
]

const packages = Object.entries(lock.packages).filter(([path]) => path !== '')
const nameOf = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 13)

it('holds the hash of every package that can be installed on a machine Muster runs on', () => {
  const elsewhere = ({ os, libc, cpu, optional }: Entry): boolean =>
    optional === true && (!os?.includes('linux') || libc?.includes('musl') === true || cpu?.includes('arm') === true)
  const unhashed = packages.filter(([, entry]) => !/^sha512-.{88}$/.test(entry.integrity ?? '') && !elsewhere(entry))
  expect(unhashed.map(([path]) => path)).toEqual([])
})

it('takes no package from a repository, an address or a folder', () => {
  const odd = packages.filter(
    ([, { version, link, inBundle }]) => link || inBundle || !/^\d+\.\d+\.\d+/.test(version ?? ''),
  )
  expect(odd.map(([path]) => path)).toEqual([])
})

it('has no package with a script to run at its installation, beside those whose scripts never run', () => {
  const scripted = packages.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => nameOf(path))
  expect(scripted.sort()).toEqual(HAVE_SCRIPTS_THAT_NEVER_RUN)
})

it.each(['muster', 'infra/docker/Dockerfile'])('%s installs nothing without --ignore-scripts', (file) => {
  const text = readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8')
  const installs = text.split('\n').filter((line) => /^[^#]*\bnpm (ci|i|install|prune)\b/.test(line))
  expect(installs.length).toBeGreaterThan(0)
  expect(installs.filter((line) => !line.includes('--ignore-scripts'))).toEqual([])
})

it('has only licences in production that let anybody run and pass on Muster', () => {
  const words = (license = 'none') => license.replaceAll(/[()]/g, '').split(/ (?:AND|OR) /)
  const others = packages.filter(
    ([, { dev, license }]) => !dev && words(license).some((word) => !LICENCES.includes(word)),
  )
  expect(others.map(([path, { license }]) => `${path}: ${license}`)).toEqual([])
})
