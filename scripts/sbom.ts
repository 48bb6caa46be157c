import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { print } from './output.ts'
import { bomOf, type Lock, type SystemPackage } from './sbom/bom.ts'

/** What Debian has installed of a package; undefined where it is not installed, or where there is no Debian. */
const installedVersion = (name: string): string | undefined => {
  const { stdout } = spawnSync('dpkg-query', ['-W', name], { encoding: 'utf8' })
  return /^\S+\t(\S+)$/m.exec(stdout ?? '')?.[1]
}

/** `./muster sbom` */
export const registerSbom = (program: Command): void => {
  program
    .command('sbom')
    .summary('what Muster is made of, for scanners')
    .description(
      'Print a CycloneDX 1.6 bill of materials: the npm packages of the lock file with their hashes, the models with\n' +
        'their digests, and the servers that ./muster up installs, in the versions found here.',
    )
    .action(async () => {
      const { CATALOG } = await import('../worker/models/catalog.ts')
      const { SERVER_PACKAGES } = await import('../infra/local/packages.ts')
      const lock = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8')) as Lock
      const models = CATALOG.map(({ name, version, digest, origin }) => ({
        name,
        version,
        digest,
        licence: origin.licence,
      }))
      const system: readonly SystemPackage[] = SERVER_PACKAGES.map((name) => ({
        name,
        version: installedVersion(name),
      }))
      print(JSON.stringify(bomOf(lock, models, system, new Date().toISOString()), null, 2))
    })
}
