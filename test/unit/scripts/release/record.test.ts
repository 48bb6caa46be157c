import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  lastRelease,
  listReleases,
  type Release,
  ReleaseNotFoundError,
  ReleaseRecordedError,
  readRelease,
  writeRelease,
} from '../../../../scripts/release/record.ts'

const aRelease = (version: string, over: Partial<Release> = {}): Release => ({
  version,
  commit: 'c0ffee',
  releasedOn: '2026-11-21',
  messageVersion: 1,
  migrations: [{ file: '0001_a.sql', sha256: 'aa' }],
  models: [],
  variables: [],
  api: { paths: {} },
  autoscaler: { paths: { '/v1/pools': {} } },
  ...over,
})

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-releases-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('a record', () => {
  it('is read as it was written, with an autoscaler or without', () => {
    const [old, fresh] = [aRelease('0.9.0', { autoscaler: undefined }), aRelease('0.10.0')]
    for (const release of [fresh, old]) writeRelease(folder, release)
    expect(readRelease(folder, '0.9.0')).toEqual(old)
    expect(readRelease(folder, '0.10.0')).toEqual(fresh)
  })

  it('is written once', () => {
    writeRelease(folder, aRelease('1.0.0'))
    expect(() => writeRelease(folder, aRelease('1.0.0', { commit: 'other' }))).toThrow(ReleaseRecordedError)
    expect(lastRelease(folder).commit).toBe('c0ffee')
  })

  it.each(['9.9.9', '../1.0.0', 'notes'])('of %j is none', (version) => {
    writeRelease(folder, aRelease('1.0.0'))
    expect(() => readRelease(folder, version)).toThrow(ReleaseNotFoundError)
  })
})

describe('the last release', () => {
  it('is the one with the highest version', () => {
    for (const version of ['0.10.0', '0.9.9', '0.2.0']) writeRelease(folder, aRelease(version))
    mkdirSync(join(folder, 'notes'))
    expect(listReleases(folder)).toEqual(['0.2.0', '0.9.9', '0.10.0'])
    expect(lastRelease(folder).version).toBe('0.10.0')
  })

  it('is asked for in vain before the first, also where there is no folder', () => {
    expect(() => lastRelease(join(folder, 'nowhere'))).toThrow(ReleaseNotFoundError)
    expect(() => lastRelease(folder)).toThrow(ReleaseNotFoundError)
  })
})
