import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { ModelSourceError } from './errors.ts'

const { resolve } = createRequire(import.meta.url)

/**
 * The folder of an installed npm package, also where the package exports no path to it.
 * @param version the one that models were checked with
 * @throws ModelSourceError when it is not installed, or in another version
 */
export const packageFolder = async (name: string, version: string): Promise<string> => {
  const folder = resolve
    .paths(name)
    ?.map((place) => join(place, name))
    .find((place) => existsSync(join(place, 'package.json')))
  if (folder === undefined) throw new ModelSourceError(name, 'is not installed')
  const found = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string }
  if (found.version !== version)
    throw new ModelSourceError(name, `is installed as ${found.version} instead of ${version}`)
  return folder
}
