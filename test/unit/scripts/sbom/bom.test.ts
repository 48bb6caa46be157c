import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { bomOf, type Lock } from '../../../../scripts/sbom/bom.ts'
import { CATALOG } from '../../../../worker/models/catalog.ts'

interface Component {
  readonly type: string
  readonly name: string
  readonly version?: string
  readonly purl?: string
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[]
  readonly licenses?: readonly object[]
}

const read = (file: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../../${file}`, import.meta.url), 'utf8'))
const lock = read('package-lock.json') as Lock
const { dependencies, devDependencies } = read('package.json') as {
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}
const models = CATALOG.map(({ name, version, digest, origin }) => ({ name, version, digest, licence: origin.licence }))
const bom = bomOf(lock, models, [{ name: 'redis-server', version: '5:7.0.15-1' }], '2026-11-21T00:00:00.000Z')
const components = bom.components as readonly Component[]
const libraries = components.filter(({ type }) => type === 'library')

it('lists every production package in the version that is installed, and what those bring along', () => {
  const listed = new Map(libraries.map(({ name, version }) => [`${name}@${version}`, true]))
  expect(Object.entries(dependencies).filter(([name, version]) => !listed.has(`${name}@${version}`))).toEqual([])
  const locked = Object.entries(lock.packages).filter(([path, { dev }]) => path !== '' && !dev)
  const missing = locked.filter(
    ([path, { version }]) => !listed.has(`${path.split('node_modules/').at(-1)}@${version}`),
  )
  expect(missing).toEqual([])
  expect(libraries.length).toBeGreaterThan(200)
})

it('lists no package twice, and none that is for development only', () => {
  expect(new Set(libraries.map(({ purl }) => purl)).size).toBe(libraries.length)
  const names = new Set(libraries.map(({ name }) => name))
  expect(
    Object.keys(devDependencies).filter((name) => names.has(name) && !(`node_modules/${name}` in lock.packages)),
  ).toEqual([])
  expect(names).not.toContain('vitest')
})

it('gives a hash and a licence with each', () => {
  for (const { purl, hashes, licenses } of libraries) {
    expect([purl, hashes?.[0]?.content]).toEqual([purl, expect.stringMatching(/^[0-9a-f]{128}$/)])
    expect([purl, licenses?.length]).toEqual([purl, 1])
  }
})

it('lists every model with the digest that is checked when it is loaded', () => {
  const listed = components.filter(({ type }) => type === 'machine-learning-model')
  expect(listed.map(({ hashes }) => `sha256:${hashes?.[0]?.content}`)).toEqual(CATALOG.map(({ digest }) => digest))
})

it('names packages as scanners look them up', () => {
  const purls = components.map(({ purl }) => purl)
  expect(purls).toContain(`pkg:npm/%40aws-sdk/client-s3@${dependencies['@aws-sdk/client-s3']}`)
  expect(purls).toContain('pkg:deb/debian/redis-server@5%3A7.0.15-1')
})

it('says nothing of the machine it was made on', () => {
  expect(JSON.stringify(bom)).not.toContain(process.cwd())
})
