import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type ApiProcess, startApiProcess } from './api-process.ts'
import { describeRequest, faultsOf } from './fuzz-faults.ts'
import { createSender, requestTo } from './fuzz-request.ts'
import { type Document, fetchDocument, nameOf } from './openapi-document.ts'

/** The same cases every time, so that a failure is the change's; FUZZ_SEED and FUZZ_RUNS look for others. */
const SEED = Number(process.env.FUZZ_SEED ?? 20_261_121)
const RUNS = Number(process.env.FUZZ_RUNS ?? 3_000)

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

it('answers whatever is sent to its documented operations, with documented answers and nothing of its inside', async () => {
  /** one example of each kind of fault */
  const faults = new Map<string, string>()
  await fc.assert(
    fc.asyncProperty(requestTo(document, [`Bearer ${api.key}`, `Bearer ${api.adminKey}`]), async (request) => {
      const answer = await sender.send(request)
      const name = `${request.to} ${answer.status}`
      answersSeen.set(name, (answersSeen.get(name) ?? 0) + 1)
      for (const fault of faultsOf(document, request, answer)) {
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
