import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { text as readText } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { MusterError } from '../../../api/client/client.ts'
import { outcome } from '../../../infra/domain/outcomes.ts'
import { checkEnv, exitCodeOfCheck, formatCheckTable, runSampleChecks } from '../../../scripts/check.ts'
import {
  aJob,
  finished,
  json,
  type Line,
  problem,
  reset,
  startScriptedServer,
  text,
} from '../api/client/scripted-server.ts'
import { rejection, useServer } from '../api/client/setup.ts'

const context = useServer()
const root = resolve(import.meta.dirname, '../../..')
const samples = join(root, 'test/fixtures')
const selfie = join(samples, 'person_a_2012.jpg')
let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'muster-check-'))
})
afterAll(() => rm(dir, { recursive: true }))

/** Run `./muster check` as a person would, in a folder without a stack. */
const check = async (args: readonly string[], env: Record<string, string> = {}) => {
  const base = { PATH: process.env.PATH ?? '', NO_COLOR: '1' }
  const child = spawn(process.execPath, [join(root, 'scripts/muster.ts'), '--dir', dir, 'check', ...args], {
    env: { ...base, MUSTER_URL: context.server.url, MUSTER_API_KEY: 'muster_live_test', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [stdout, stderr, code] = await Promise.all([
    readText(child.stdout),
    readText(child.stderr),
    new Promise<number | null>((done) => child.on('close', done)),
  ])
  return { stdout, stderr, code }
}

const failed = { ...aJob('liveness'), status: 'failed', result: null, error: outcome('NO_FACE', 'image') }

describe('./muster check', () => {
  it('says whether two pictures match, by how much, and where the time went', async () => {
    const { server } = context
    server.will(finished(aJob('face-match')))
    const { stdout, code } = await check(['face-match', join(samples, 'person_a_2009.jpg'), selfie])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^face-match +match$/m)
    expect(stdout).toMatch(/^similarity +0\.870 \(match from 0\.600\)$/m)
    expect(stdout).toMatch(/^of which +store 4, queue 10, run 110 \(infer 80\), reply 2 ms$/m)
    expect(stdout).toMatch(/^job +job-1$/m)
    const form = await server.requests[0]?.form()
    expect([...(form?.keys() ?? [])]).toEqual(['source', 'target'])
  })

  it('takes "no match" and "not live" for answers: exit code 0', async () => {
    const { server } = context
    const unlike = aJob('face-match')
    const still = aJob('liveness')
    server.will(
      finished({ ...unlike, result: { ...unlike.result, match: false, similarity: 0.1 } }),
      finished({ ...still, result: { ...still.result, live: false, score: 0.2 } }),
    )
    expect(await check(['face-match', selfie, selfie])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/no match/),
    })
    expect(await check(['liveness', selfie])).toMatchObject({ code: 0, stdout: expect.stringMatching(/not live/) })
  })

  it('shows what a document says', async () => {
    const { server } = context
    server.will(finished(aJob('ocr')))
    const document = join(samples, 'passport_td3_eriksson_clean.png')
    const { stdout, code } = await check(['ocr', document, '--document-type', 'passport'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^surname +ERIKSSON {2}\(0\.980, both\)$/m)
    expect(stdout).toMatch(/^mrz +TD3, all check digits fit$/m)
    expect((await server.requests[0]?.form())?.get('documentType')).toBe('passport')
  })

  it('prints the job and nothing else on stdout with --json', async () => {
    const { server } = context
    const job = { ...aJob('liveness'), later: 'members are kept' }
    server.will(json(200, job), json(200, failed))
    const good = await check(['liveness', selfie, '--json'])
    expect([good.code, JSON.parse(good.stdout)]).toEqual([0, job])
    const bad = await check(['liveness', selfie, '--json'])
    expect([bad.code, JSON.parse(bad.stdout)]).toEqual([1, failed])
    expect(bad.stderr).toContain('image: no face was found in the picture [NO_FACE]')
  })

  it('says on stderr why a job failed and what to do', async () => {
    const { server } = context
    server.will(json(200, failed))
    const { stdout, stderr, code } = await check(['liveness', selfie])
    expect([stdout, code]).toEqual(['', 1])
    expect(stderr).toContain(outcome('NO_FACE').hint)
    expect(stderr).toContain('job job-1')
  })

  it.each<[string, Line, number, RegExp]>([
    ['a wrong key', problem(401, { title: 'No valid API key' }), 4, /No valid API key/],
    ['a picture the service refuses', problem(422, { code: 'PICTURE_UNREADABLE', hint: 'again' }), 1, /again\n.*req-1/],
  ])('tells %s by its exit code and in words, without a stack', async (_, line, expected, message) => {
    context.server.will(line)
    const { stdout, stderr, code } = await check(['liveness', selfie])
    expect([code, stdout]).toEqual([expected, ''])
    expect(stderr).toMatch(message)
    expect(stderr).not.toMatch(/^\s+at /m)
  })

  it.each<[string, string[], number, RegExp]>([
    ['no file', ['liveness'], 2, /missing required argument/],
    ['a file too many', ['liveness', selfie, selfie], 2, /too many arguments/],
    [
      'no such document type',
      ['ocr', selfie, '--document-type', 'ticket'],
      2,
      /passport, identity-card, visa, unknown/,
    ],
    ['no such timeout', ['liveness', selfie, '--timeout', 'soon'], 2, /seconds over 0/],
    ['an address that is none', ['liveness', selfie, '--url', 'localhost'], 2, /baseUrl must begin with http/],
    ['a file that is not there', ['liveness', '/none.jpg'], 3, /image: the file cannot be read \(ENOENT\)/],
    [
      'a service that is not there',
      ['liveness', selfie, '--url', 'http://127.0.0.1:1', '--timeout', '1'],
      5,
      /no answer/,
    ],
  ])('tells %s by its exit code, without asking anybody', async (_, args, expected, message) => {
    const { code, stdout, stderr } = await check(args)
    expect([code, stdout]).toEqual([expected, ''])
    expect(stderr).toMatch(message)
    expect(stderr).not.toMatch(/^\s+at /m)
    expect(context.server.requests).toHaveLength(0)
  })

  it('says how to start Muster when it knows of none, and where keys come from', async () => {
    const nobody = await check(['liveness', selfie], { MUSTER_URL: '', MUSTER_API_KEY: '' })
    expect(nobody).toMatchObject({ code: 5, stderr: expect.stringMatching(/muster up/) })
    const keyless = await check(['liveness', selfie], { MUSTER_API_KEY: '' })
    expect(keyless).toMatchObject({ code: 4, stderr: expect.stringMatching(/MUSTER_API_KEY/) })
  })

  it('asks the stack that the last ./muster up started', async () => {
    const { server } = context
    server.will(finished(aJob('liveness')))
    await writeFile(join(dir, 'env'), `MUSTER_URL=${server.url}\nMUSTER_API_KEY=from-file\n`)
    const { code } = await check(['liveness', selfie], { MUSTER_URL: '', MUSTER_API_KEY: '' })
    await rm(join(dir, 'env'))
    expect(code).toBe(0)
    expect(server.requests[0]?.headers.authorization).toBe('Bearer from-file')
  })
})

describe('exitCodeOfCheck', () => {
  it.each<[string, Line, number]>([
    ['a request at fault', problem(400), 1],
    ['a wrong key', problem(401), 4],
    ['a key that may not', problem(403), 4],
    ['nothing there', problem(404), 3],
    ['too much waiting', problem(429), 5],
    ['a service that failed', problem(500), 1],
    ['a gateway with nothing behind it', problem(502), 5],
    ['a service that is down', problem(503), 5],
    ['a gateway that waited in vain', problem(504), 5],
    ['a lost connection', reset, 5],
    ['another program', text(200, 'hello'), 1],
    ['a failed job', json(200, failed), 1],
  ])('tells %s', async (_, line, expected) => {
    const { server, muster } = context
    server.will(line)
    const error = await rejection(muster({ maxRetries: 0 }).liveness({ image: selfie }))
    expect(exitCodeOfCheck(error as MusterError)).toBe(expected)
  })
})

describe('checkEnv', () => {
  const file = { MUSTER_URL: 'http://local', MUSTER_API_KEY: 'file-key' }
  it.each([
    ['the file alone', undefined, {}, { url: 'http://local', apiKey: 'file-key' }],
    [
      'the environment first',
      undefined,
      { MUSTER_URL: 'http://far', MUSTER_API_KEY: 'k' },
      { url: 'http://far', apiKey: 'k' },
    ],
    [
      'the flag before both',
      'http://flag',
      { MUSTER_URL: 'http://far', MUSTER_API_KEY: 'k' },
      { url: 'http://flag', apiKey: 'k' },
    ],
    ['no key of the file for another address', 'http://flag', {}, { url: 'http://flag' }],
    [
      'no key of the file for the address of the environment',
      undefined,
      { MUSTER_URL: 'http://far' },
      { url: 'http://far' },
    ],
    [
      'empty variables as unset',
      undefined,
      { MUSTER_URL: '', MUSTER_API_KEY: '' },
      { url: 'http://local', apiKey: 'file-key' },
    ],
  ])('uses %s', (_, flag, env, expected) => {
    expect(checkEnv(flag, env, file)).toEqual(expected)
  })

  it('knows nothing without any of them', () => {
    expect(checkEnv(undefined, {}, {})).toEqual({})
  })
})

describe('runSampleChecks', () => {
  it('asks for one check of each kind with the sample pictures', async () => {
    const { server } = context
    server.will(finished(aJob('face-match')), json(200, failed), finished(aJob('ocr')))
    const rows = await runSampleChecks({ url: server.url, apiKey: 'k' }, samples)
    expect(rows.map(({ check, ok, outcome }) => [check, ok, outcome])).toEqual([
      ['face-match', true, 'match'],
      ['liveness', false, 'image: no face was found in the picture [NO_FACE]'],
      ['ocr', true, 'passport'],
    ])
    expect(server.requests.map(({ path }) => path)).toEqual(['/v1/face-match', '/v1/liveness', '/v1/ocr'])

    const lines = formatCheckTable(rows).split('\n')
    expect(lines[0]).toMatch(/^CHECK +OUTCOME +DETAIL +STORE +QUEUE +RUN +REPLY +TOTAL MS$/)
    expect(lines[1]).toMatch(/^face-match +match +similarity 0\.870 \(match from 0\.600\) +4 +10 +110 +2 +\d+$/)
    expect(lines[2]).toMatch(/^liveness +FAILED: image: no face .* - +- +- +- +\d+$/)
    expect(lines).toHaveLength(4)
  })

  it('makes a row of a service that is gone', async () => {
    const gone = await startScriptedServer()
    await gone.close()
    const rows = await runSampleChecks({ url: gone.url, apiKey: 'k' }, join(dir, 'no-samples'))
    expect(rows.map(({ ok }) => ok)).toEqual([false, false, false])
  })
})
