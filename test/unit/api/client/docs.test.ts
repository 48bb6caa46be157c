import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as client from '../../../../api/client/client.ts'
import { outcome } from '../../../../infra/domain/outcomes.ts'
import { type InstalledClient, installClient } from './package.ts'
import {
  accepted,
  aJob,
  aPendingJob,
  finished,
  json,
  type Line,
  problem,
  reset,
  results,
  silence,
  text,
} from './scripted-server.ts'
import { useServer } from './setup.ts'

const context = useServer()
let app: InstalledClient
let page: string
let examples: ReadonlyMap<string, string>
beforeAll(async () => {
  app = await installClient()
  page = await readFile(join(app.root, 'docs/client.md'), 'utf8')
  examples = new Map(
    [...page.matchAll(/^```ts(?: title=(\S+))?\n(.*?)^```$/gms)].map(([, title = '', code = '']) => [title, code]),
  )
  for (const [title, code] of examples) await app.write(`${title}.ts`, code)
  for (const picture of ['passport.jpg', 'selfie.jpg']) await app.write(picture, `bytes of ${picture}`)
})
afterAll(() => rm(app.app, { recursive: true }))

const signed: Line = (response, request, url) =>
  json(201, { uploadId: 'u-1', url: `${url}/store`, method: 'PUT', headers: {}, expiresAt: '2026-11-20T09:05:00Z' })(
    response,
    request,
    url,
  )
const stored = text(204, '')
const noFace = { ...aJob('face-match'), status: 'failed', result: null, error: outcome('NO_FACE', 'target') }
const late = { ...aJob('liveness'), status: 'expired', result: null, error: outcome('DEADLINE_EXCEEDED') }
const warned = { ...results.ocr, warnings: [outcome('MRZ_CHECKSUM_FAILED')] }

/** A job that stays queued: whoever waits for it waits for ever. */
const unfinished: Line = (response, request, url) =>
  (request.method === 'GET' ? silence : accepted(aPendingJob('liveness')))(response, request, url)

/** What each example meets, and what it prints then. */
const RUNS: readonly (readonly [title: string, script: readonly Line[], printed: string])[] = [
  ['face-match', [finished(aJob('face-match'))], 'the same person: 0.87 is at or over 0.6\njob-1 110'],
  ['liveness', [finished(aJob('liveness'))], 'have a person look at it: review, assurance low'],
  [
    'ocr',
    [finished(aJob('ocr', { result: warned }))],
    `ERIKSSON 1974-08-12\nMRZ_CHECKSUM_FAILED ${outcome('MRZ_CHECKSUM_FAILED').hint}`,
  ],
  ['errors', [json(200, noFace)], `target: NO_FACE. ${outcome('NO_FACE').hint}`],
  ['errors', [problem(429, {}, { 'retry-after': '90' })], 'come back in 90000 ms'],
  ['errors', [problem(401, { code: 'UNAUTHENTICATED' })], 'UNAUTHENTICATED false req-1'],
  ['idempotency', [finished(aJob('liveness')), finished(aJob('liveness'))], 'true'],
  ['deadline', [json(200, late)], 'too busy for now'],
  ['abort', [unfinished, unfinished, unfinished], 'not needed any more'],
  ['disconnect', [reset], 'ask the person to try again'],
  ['jobs', [accepted(aPendingJob('ocr')), finished(aJob('ocr')), stored], 'job-1 queued\npassport'],
  ['upload', [signed, stored, finished(aJob('ocr'))], 'ERIKSSON'],
  ['upload-check', [signed, stored, finished(aJob('liveness'))], 'u-1 true'],
  ['observe', [], 'GET /v1/models 1 200\n[]'],
]

/** The two halves of an upload by a page, put together. */
const UPLOAD_CHECK = `
import { send } from './upload-page.ts'
import { check, permit } from './upload-server.ts'
const uploadId = await send(await permit('image/jpeg'), new File(['bytes'], 'selfie.jpg'))
console.log(uploadId, (await check(uploadId)).live)
`

describe('the examples of docs/client.md', () => {
  it('all have a title and are all run', () => {
    const halves = ['upload-page', 'upload-server']
    const run = RUNS.map(([title]) => title).filter((title) => title !== 'upload-check')
    expect([...examples.keys()].sort()).toEqual([...new Set([...run, ...halves])].sort())
  })

  it('type-check as they stand', async () => {
    const files = [...examples.keys()].map((title) => `${title}.ts`)
    expect(files.length).toBeGreaterThan(8)
    await app.typeCheck(files, ['--module', 'nodenext', '--lib', 'es2022,dom', '--types', ''])
  })

  it.each(RUNS)('do what they say: %s', async (title, script, printed) => {
    const { server } = context
    server.will(...script)
    await app.write('upload-check.ts', UPLOAD_CHECK)
    const stdout = await app.run(`${title}.ts`, { MUSTER_URL: server.url, MUSTER_API_KEY: 'k' })
    expect(stdout.trim()).toBe(printed)
    // How far a call gets before it is aborted is a matter of luck.
    if (title !== 'abort') expect(server.requests).toHaveLength(script.length)
  })
})

describe('docs/client.md', () => {
  it('explains every error class there is', () => {
    const classes = Object.entries(client).flatMap(([name, value]) =>
      typeof value === 'function' && value.prototype instanceof client.MusterError ? [name] : [],
    )
    expect(classes.length).toBeGreaterThan(15)
    expect(classes.filter((name) => !page.includes(`| \`${name}\` |`))).toEqual([])
  })

  it('names no error class that does not exist', () => {
    const named = [...page.matchAll(/`([A-Z]\w+Error)`/g)].map(([, name = '']) => name)
    expect(named.filter((name) => !(name in client))).toEqual([])
  })
})
