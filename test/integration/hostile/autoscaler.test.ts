import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { freePort } from '../../../infra/local/ports.ts'
import { createKey } from '../../../scripts/keys.ts'
import { type AutoscalerProcess, aSite, eventually } from '../autoscaler/an-autoscaler.ts'
import { describeRequest, faultsOf } from './fuzz-faults.ts'
import { createSender, type FuzzRequest, requestTo } from './fuzz-request.ts'
import { type Document, fetchDocument } from './openapi-document.ts'

const SEED = Number(process.env.FUZZ_SEED ?? 20_261_121)
const RUNS = Number(process.env.FUZZ_RUNS ?? 1_200)
/** of the examples in the document */
const EXAMPLE_POOL = 'face-match'
/** One key alone would soon be told to slow down. */
const MORE_ADMINS = 8

const ends: (() => unknown)[] = []
let site: Awaited<ReturnType<typeof aSite>>
let autoscaler: AutoscalerProcess
let document: Document
let url: string
let sender: ReturnType<typeof createSender>
let keys: readonly string[]
let admins: readonly string[]
beforeAll(async () => {
  site = await aSite(ends)
  const port = await freePort()
  url = `http://127.0.0.1:${port}`
  autoscaler = await site.start({ AUTOSCALER_PORT: String(port), AUTOSCALER_INTERVAL_MS: '5000' })
  await eventually(() =>
    fetch(`${url}/readyz`)
      .then(({ ok }) => ok)
      .catch(() => false),
  )
  document = await fetchDocument(url)
  sender = createSender(port)
  ends.push(() => sender.close())
  const keyOf = (tenant: string, role: 'admin' | 'operator' | 'viewer') =>
    createKey(process.env.DATABASE_URL as string, { tenant, name: 'hostile', role })
  keys = await Promise.all([
    keyOf('default', 'admin'),
    keyOf('default', 'operator'),
    keyOf('default', 'viewer'),
    keyOf(`foreign-${site.pool}`, 'admin'),
  ])
  admins = await Promise.all(Array.from({ length: MORE_ADMINS }, () => keyOf('default', 'admin')))
})
afterAll(async () => {
  const text = 'delete from schedule_window where pool = $1'
  await site?.database.query({ name: 'clear-windows', text }, [site.pool])
  for (const end of ends.toReversed()) await end()
})

/** As often as not about the pool that there is: behind that more can be reached. */
const aimed = (request: FuzzRequest): FuzzRequest => ({
  ...request,
  path: request.path.replace(/^(\/v1\/pools\/)[^/?]+/, `$1${site.pool}`),
  body: request.body && {
    ...request.body,
    bytes: Buffer.from(request.body.bytes.toString('latin1').replaceAll(EXAMPLE_POOL, site.pool), 'latin1'),
  },
})

it('answers whatever is sent to its documented operations, with documented answers and nothing of its inside', async () => {
  /** one example of each kind of fault */
  const faults = new Map<string, string>()
  const statuses = new Set<number>()
  // Of administrators most of all: the others are refused before anything is read.
  const from = [...keys, ...admins].map((key) => `Bearer ${key}`)
  await fc.assert(
    fc.asyncProperty(requestTo(document, from), fc.boolean(), async (any, aims) => {
      const request = aims ? aimed(any) : any
      const answer = await sender.send(request)
      statuses.add(answer.status)
      for (const fault of faultsOf(document, request, answer)) {
        const kind = `${fault}: ${request.to} ${answer.status}`
        if (!faults.has(kind)) faults.set(kind, `${describeRequest(request)} answered ${answer.text.slice(0, 500)}`)
      }
    }),
    { seed: SEED, numRuns: RUNS },
  )
  expect(Object.fromEntries(faults)).toEqual({})
  expect([...statuses]).toEqual(expect.arrayContaining([200, 400, 401, 403, 404, 415]))
  expect(autoscaler.child.exitCode).toBeNull()
  expect((await fetch(`${url}/readyz`)).status).toBe(200)
})

const post = (path: string, body: string, headers: Readonly<Record<string, string>> = {}, key = keys[0]) =>
  fetch(`${url}${path}`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, ...headers },
  })

it('shows what there is beside a window that another version wrote', async () => {
  const text = `insert into schedule_window
    (name, pool, time_zone, days, dates, except_dates, starts, ends, lead_minutes, clause, count, priority, changed_by)
    values ($1, $2, 'Mars/Olympus', '{someday}', '{2026-02-30}', '{}', 'nine', '', 5, 'floor', 3, 0, 'a hand')`
  await site.database.query({ name: 'odd-window', text }, [`odd-${site.pool}`, site.pool])
  const paths = ['/v1/schedule', '/v1/schedule/next', '/v1/pools', `/v1/pools/${site.pool}`]
  const headers = { authorization: `Bearer ${keys[0]}` }
  const answers = await Promise.all(paths.map((path) => fetch(`${url}${path}`, { headers })))
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
})

it('takes no body that no sentence needs', async () => {
  const reason = 'x'.repeat(2_000_000)
  const answer = await post(`/v1/pools/${site.pool}/overrides`, JSON.stringify({ kind: 'hold', reason }))
  expect(answer.status).toBe(413)
})

it('lets no reason write a line of its own, turn text around or reach a terminal', async () => {
  const reason = 'a\u0000b\n{"level":"fatal"}\r\u001b[31m\u202e<!channel>'
  const path = `/v1/pools/${site.pool}/overrides`
  const answer = await post(path, JSON.stringify({ kind: 'hold', for: '5m', reason }))
  expect(answer.status).toBeLessThan(500)
  const kept = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${keys[0]}` } })
  expect(JSON.stringify(await kept.json())).not.toMatch(/\\u00|\\n|\\r|\u202e/)
})

it('has no ears for Slack without a secret to know it by, however well a request is signed', async () => {
  const body = `command=%2Fmuster&text=pin+${site.pool}+20+because+x&user_id=U1&trigger_id=1`
  const timestamp = String(Math.floor(Date.now() / 1_000))
  const signature = `v0=${createHmac('sha256', '').update(`v0:${timestamp}:${body}`).digest('hex')}`
  for (const path of ['/slack/commands', '/slack/actions', '/v1/slack/commands']) {
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-signature': signature,
      'x-slack-request-timestamp': timestamp,
    }
    expect([404, 405]).toContain((await post(path, body, headers)).status)
  }
})

it('wrote lines of JSON, with no error among them and nothing that a terminal would obey', () => {
  const lines = autoscaler.log().split('\n').filter(Boolean)
  const parsed = lines.map((line) => JSON.parse(line) as { readonly level: string; readonly msg: string })
  expect(parsed.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([])
  expect(parsed.filter(({ msg }) => msg === 'request').length).toBeGreaterThan(RUNS / 4)
  for (const line of lines) expect(line).not.toMatch(/[\p{Cc}\u202e]/u)
})
