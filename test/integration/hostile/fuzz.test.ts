import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { PROBLEM_TYPE, PROBLEMS } from '../../../infra/http/problem.ts'
import { type ApiProcess, startApiProcess } from './api-process.ts'
import { createSender, type FuzzAnswer, type FuzzRequest, requestTo } from './fuzz-request.ts'
import { type Document, fetchDocument, nameOf } from './openapi-document.ts'

/** The same cases every time, so that a failure is the change's; FUZZ_SEED and FUZZ_RUNS look for others. */
const SEED = Number(process.env.FUZZ_SEED ?? 20_261_121)
const RUNS = Number(process.env.FUZZ_RUNS ?? 3_000)

/** What any path may answer with, whatever its operation says: the request never got as far as the operation. */
const IN_PASSING: readonly number[] = [404, 405, 408, 431]
/** Words of our machinery that no caller may ever read. */
const LEAKS =
  /node_modules|\.[cm]?[jt]s:\d|\bat [\w.<>]+ \(|\/(home|root|usr|tmp|work)\/|TypeError|ReferenceError|SyntaxError|FST_|ECONN|\bselect .+ from\b|\bpg_|amqp/i

let api: ApiProcess
let document: Document
let sender: ReturnType<typeof createSender>
beforeAll(async () => {
  api = await startApiProcess()
  document = await fetchDocument(api.url)
  sender = createSender(api.port)
})
afterAll(async () => {
  sender?.close()
  await api?.stop()
})

/** Count by operation and status. */
const answersSeen = new Map<string, number>()

const problemFaults = ({ status, headers, text }: FuzzAnswer): string[] => {
  if (!headers['content-type']?.startsWith(PROBLEM_TYPE)) return ['an error that is no problem']
  const problem = JSON.parse(text) as Readonly<Record<string, unknown>>
  const code = problem.code as keyof typeof PROBLEMS
  return [
    ...(problem.status === status && PROBLEMS[code]?.status === status ? [] : ['a status that is not its code’s']),
    ...(problem.request_id === headers['x-request-id'] ? [] : ['a request id that is not its header’s']),
  ]
}

/** What is wrong with an answer. */
const faultsOf = ({ to, method }: FuzzRequest, answer: FuzzAnswer): string[] => {
  const { status, headers, text } = answer
  const operation = document.operations.find((one) => nameOf(one) === to)
  const documented = [...Object.keys(operation?.responses ?? {}).map(Number), ...IN_PASSING]
  const illegible = text.includes('"MALFORMED_REQUEST"')
  const wrong: readonly (readonly [string, boolean])[] = [
    ['a fault of the server', status >= 500],
    ['an undocumented status', !illegible && method === operation?.method && !documented.includes(status)],
    ['no sane request id', !/^[\w.:-]{1,128}$/.test(String(headers['x-request-id']))],
    ['no nosniff', headers['x-content-type-options'] !== 'nosniff'],
    ['not no-store', headers['cache-control'] !== 'no-store'],
    ['a header of somebody else’s', 'set-cookie' in headers || 'access-control-allow-origin' in headers],
    ['a leak', LEAKS.test(text)],
  ]
  const faults = wrong.filter(([, found]) => found).map(([name]) => name)
  return status >= 400 && method !== 'HEAD' ? [...faults, ...problemFaults(answer)] : faults
}

const describeRequest = ({ body, ...request }: FuzzRequest): string =>
  `${JSON.stringify(request)} with ${body?.type}: ${body?.bytes.toString('latin1').slice(0, 300)}`

it('answers whatever is sent to its documented operations, with documented answers and nothing of its inside', async () => {
  /** one example of each kind of fault */
  const faults = new Map<string, string>()
  await fc.assert(
    fc.asyncProperty(requestTo(document, [`Bearer ${api.key}`, `Bearer ${api.adminKey}`]), async (request) => {
      const answer = await sender.send(request)
      const name = `${request.to} ${answer.status}`
      answersSeen.set(name, (answersSeen.get(name) ?? 0) + 1)
      for (const fault of faultsOf(request, answer)) {
        const kind = `${fault}: ${name}`
        if (!faults.has(kind)) faults.set(kind, `${describeRequest(request)} answered ${answer.text.slice(0, 500)}`)
      }
    }),
    { seed: SEED, numRuns: RUNS },
  )
  expect(Object.fromEntries(faults)).toEqual({})
  await api.expectWell()
})

it('was asked in every way: the cases reach every operation, and are not all refused for one reason', () => {
  const names = [...answersSeen.keys()]
  expect(names.map((name) => name.split(' ').at(-1))).toEqual(
    expect.arrayContaining(['200', '202', '400', '401', '404', '415', '422']),
  )
  const reached = new Set(names.map((name) => name.split(' ').slice(0, 2).join(' ')))
  expect([...reached].sort()).toEqual(document.operations.map(nameOf).sort())
})

it('wrote lines of JSON, with no error among them and nothing that a terminal would obey', () => {
  const lines = api.log().map((line) => JSON.parse(line) as { readonly level: string; readonly msg: string })
  expect(lines.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([])
  expect(lines.filter(({ msg }) => msg === 'request').length).toBeGreaterThan(RUNS / 4)
  for (const line of api.log()) expect(line).not.toMatch(/[\p{Cc}\u202e]/u)
})
