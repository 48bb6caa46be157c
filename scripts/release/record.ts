import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../../infra/domain/errors.ts'
import type { ApiDocument } from './compare-documents.ts'
import type { Surface } from './surface.ts'
import { compareVersions, parseVersion } from './version.ts'

/** What a release was: kept for good, so that the next ones can be held against it. */
export interface Release extends Surface {
  /** the commit that was released */
  readonly commit: string
  /** the day, in ISO 8601 */
  readonly releasedOn: string
}

/** There is no record of a release. */
export class ReleaseNotFoundError extends AppError {
  readonly code = 'RELEASE_NOT_FOUND'
  readonly retryable = false
  constructor(what = 'there is no record of that release; `./muster release list` shows those there are') {
    super(what)
  }
}

/** A release is what it was: its record is written once. */
export class ReleaseRecordedError extends AppError {
  readonly code = 'RELEASE_RECORDED'
  readonly retryable = false
  constructor(version: string) {
    super(`${version} was released before; what differs from it needs another version`)
  }
}

const FILE = 'release.json'
const API = 'openapi.json'
const AUTOSCALER = 'autoscaler-openapi.json'

const readJson = <T>(path: string): T => JSON.parse(readFileSync(path, 'utf8')) as T

const isVersion = (name: string): boolean => {
  try {
    return Boolean(parseVersion(name))
  } catch {
    return false
  }
}

/** The versions there are records of, oldest first; none where there is no such folder. */
export const listReleases = (folder: string): readonly string[] =>
  existsSync(folder) ? readdirSync(folder).filter(isVersion).sort(compareVersions) : []

/** @throws ReleaseNotFoundError */
export const readRelease = (folder: string, version: string): Release => {
  if (!isVersion(version) || !listReleases(folder).includes(version)) throw new ReleaseNotFoundError()
  const of = join(folder, version)
  const autoscaler = readdirSync(of).includes(AUTOSCALER) ? readJson<ApiDocument>(join(of, AUTOSCALER)) : undefined
  const facts = readJson<Omit<Release, 'api' | 'autoscaler'>>(join(of, FILE))
  return { ...facts, api: readJson(join(of, API)), autoscaler }
}

/** The newest release. @throws ReleaseNotFoundError when there was none */
export const lastRelease = (folder: string): Release => {
  const newest = listReleases(folder).at(-1)
  if (newest === undefined) throw new ReleaseNotFoundError('there is no record of any release')
  return readRelease(folder, newest)
}

/** Keep what a release was. @throws ReleaseRecordedError when there is a record of that version */
export const writeRelease = (folder: string, { api, autoscaler, ...facts }: Release): void => {
  if (listReleases(folder).includes(facts.version)) throw new ReleaseRecordedError(facts.version)
  const of = join(folder, facts.version)
  mkdirSync(of, { recursive: true })
  writeFileSync(join(of, API), `${JSON.stringify(api)}\n`)
  if (autoscaler) writeFileSync(join(of, AUTOSCALER), `${JSON.stringify(autoscaler)}\n`)
  writeFileSync(join(of, FILE), `${JSON.stringify(facts, null, 2)}\n`)
}
