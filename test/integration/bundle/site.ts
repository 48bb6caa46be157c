import { readdirSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { aSmallBundle, install, placesIn, scratchFolder } from './small-bundle.ts'
import { standInRelease } from './stand-in.ts'

/** A signed bundle whose Muster only remembers what it is asked. */
export const aBundle = async (version: string, migrations: Readonly<Record<string, string>> = {}) => {
  const bundle = await aSmallBundle({ version })
  standInRelease(bundle.folder, migrations)
  writeFileSync(join(bundle.folder, 'release', 'package.json'), `{"version":"${version}"}\n`)
  await bundle.seal(bundle.archive)
  return bundle
}

/** An empty place to install to. Servers are given by address, so that Debian's are not asked for. */
export const aSite = () => {
  const dir = scratchFolder()
  const prefix = join(dir, 'opt')
  const env = join(dir, 'site.env')
  writeFileSync(env, 'DATABASE_URL=postgres://d\nRABBITMQ_URL=amqp://r\nREDIS_URL=redis://c\n')
  const places = placesIn(dir)
  return {
    dir,
    prefix,
    places: [...places, '--env', env],
    current: () => readlinkSync(join(prefix, 'current')),
    releases: () => readdirSync(join(prefix, 'releases')).sort(),
    rollback: (...args: readonly string[]) => install(join(prefix, 'current'), ['--rollback', ...args]),
    mark: (name: string, text = '') => writeFileSync(join(prefix, name), text),
  }
}

/** A site with that version installed. */
export const installed = async (version = '1.0.0') => {
  const site = aSite()
  const bundle = await aBundle(version)
  expect(await install(bundle.folder, ['--key', bundle.key, ...site.places])).toMatchObject({ code: 0 })
  return { ...site, bundle }
}

/** Bring a site to a version whose bundle is signed by another key. */
export const upgradeTo = async (
  site: Awaited<ReturnType<typeof installed>>,
  version: string,
  migrations: Readonly<Record<string, string>> = {},
) => {
  const next = await aBundle(version, migrations)
  return install(next.folder, ['--upgrade', '--key', next.key, '--prefix', site.prefix])
}
