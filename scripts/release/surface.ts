import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ApiDocument } from './compare-documents.ts'

/** A variable of the environment, as far as others rely on it. */
export interface VariableFact {
  readonly name: string
  readonly required: boolean
}

export interface MigrationFact {
  readonly file: string
  readonly sha256: string
}

export interface ModelFact {
  readonly name: string
  readonly version: string
  readonly digest: string
}

/** Everything of a Muster that others rely on: callers, operators, and Muster's own processes of another release. */
export interface Surface {
  readonly version: string
  /** of what travels through the broker */
  readonly messageVersion: number
  readonly migrations: readonly MigrationFact[]
  readonly models: readonly ModelFact[]
  readonly variables: readonly VariableFact[]
  readonly api: ApiDocument
  /** undefined: there was no autoscaler yet */
  readonly autoscaler: ApiDocument | undefined
}

interface HasDocument {
  readonly app: { inject(path: string): Promise<{ json(): ApiDocument }>; close(): Promise<void> }
}

const documentOf = async ({ app }: HasDocument): Promise<ApiDocument> => {
  const document = (await app.inject('/openapi.json')).json()
  await app.close()
  return document
}

const hasFile = (folder: string, name: string): boolean => readdirSync(folder).includes(name)

/** What a commit before the autoscaler has none of. */
const readAutoscaler = async (root: string): Promise<ApiDocument | undefined> => {
  if (!hasFile(join(root, 'test', 'fixtures'), 'autoscaler-app.ts')) return undefined
  const fixture = (await load(root, 'test/fixtures/autoscaler-app.ts')) as {
    startAutoscalerApp(): Promise<HasDocument>
  }
  return documentOf(await fixture.startAutoscalerApp())
}

const load = (root: string, path: string): Promise<unknown> => import(pathToFileURL(join(root, path)).href)

const readMigrationFacts = (root: string): readonly MigrationFact[] => {
  const folder = join(root, 'infra', 'postgres', 'migrations')
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => {
      const sha256 = createHash('sha256')
        .update(readFileSync(join(folder, file)))
        .digest('hex')
      return { file, sha256 }
    })
}

/**
 * Read from a checkout what others rely on, by running its code: nothing listens and no server is needed.
 * @param root a checkout with its packages, of this release or of another one
 */
export const readSurface = async (root: string): Promise<Surface> => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  const message = (await load(root, 'infra/domain/message.ts')) as { MESSAGE_VERSION: number }
  const { allVariables } = (await load(root, 'scripts/config/variables.ts')) as {
    allVariables(): readonly VariableFact[]
  }
  const { CATALOG } = (await load(root, 'worker/models/catalog.ts')) as { CATALOG: readonly ModelFact[] }
  const api = (await load(root, 'test/fixtures/api.ts')) as { startApi(): Promise<HasDocument> }
  return {
    version,
    messageVersion: message.MESSAGE_VERSION,
    migrations: readMigrationFacts(root),
    models: CATALOG.map(({ name, version, digest }) => ({ name, version, digest })),
    variables: allVariables().map(({ name, required }) => ({ name, required })),
    api: await documentOf(await api.startApi()),
    autoscaler: await readAutoscaler(root),
  }
}
