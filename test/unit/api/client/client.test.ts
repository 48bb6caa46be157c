import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type InstalledClient, installClient } from './package.ts'
import { aJob, finished } from './scripted-server.ts'
import { useServer } from './setup.ts'

const context = useServer()
let client: InstalledClient
beforeAll(async () => {
  client = await installClient()
})
afterAll(() => rm(client.app, { recursive: true }))

const IMPORT = /(?:\bfrom\s*|\bimport\s*\(?\s*)(?:\/\*.*?\*\/\s*)*(['"])(.*?)\1/g

const importsOf = (source: string): string[] => [...source.matchAll(IMPORT)].map(([, , specifier]) => specifier ?? '')

describe('the client package', () => {
  it('imports nothing from outside its folder, before and after it is built', async () => {
    const folders = [join(client.root, 'api/client'), client.dist]
    for (const folder of folders) {
      const files = (await readdir(folder)).filter((file) => /\.[tj]s$/.test(file))
      const sources = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')))
      const specifiers = sources.flatMap(importsOf)
      expect(files.length).toBeGreaterThan(10)
      expect(specifiers.length).toBeGreaterThan(20)
      expect(specifiers.filter((specifier) => !/^\.\/[a-z-]+\.[jt]s$/.test(specifier))).toEqual([])
    }
  })

  it('runs in plain Node from what was built', async () => {
    const { server } = context
    server.will(finished(aJob('liveness')))
    await client.write('picture.jpg', 'some bytes')
    await client.write(
      'plain.js',
      `import { Muster, MusterError } from 'muster/client'
       const muster = new Muster()
       const { live, job } = await muster.liveness({ image: 'picture.jpg' })
       const error = await muster.liveness({ image: 'none.jpg' }).catch((error) => error)
       console.log(JSON.stringify([live, job.id, error instanceof MusterError, error.code]))`,
    )
    const stdout = await client.run('plain.js', { MUSTER_URL: server.url, MUSTER_API_KEY: 'k' })
    expect(JSON.parse(stdout)).toEqual([true, 'job-1', true, 'PICTURE_NOT_READ'])
  })

  it('ends no later than its calls: nothing keeps the process alive', async () => {
    const { server } = context
    server.will(finished(aJob('liveness')))
    await client.write(
      'end.js',
      `import { Muster } from 'muster/client'
       const signal = new AbortController().signal
       await new Muster({ timeoutMs: 600_000 }).liveness({ image: new Uint8Array([1]) }, { signal })
       process.on('exit', () => console.log(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length))`,
    )
    const stdout = await client.run('end.js', { MUSTER_URL: server.url, MUSTER_API_KEY: 'k' })
    expect(stdout.trim()).toBe('0')
  })
})

const CONSUMER = `
import { type Answer, type Job, JobFailedError, Muster, MusterError, type OutcomeCode, resultOf } from 'muster/client'

const muster = new Muster({ apiKey: 'k', baseUrl: 'https://muster.example.com' })
export const match: boolean = (await muster.faceMatch({ source: new Blob(), target: { uploadId: 'u' } })).match
const answer: Answer<'ocr'> = await muster.ocr({ image: new Uint8Array(), documentType: 'passport' })
export const surname: string | undefined = answer.fields.surname?.value
const job: Job<'liveness'> = await muster.liveness({ image: { base64: '' } }, { async: true })
export const live: boolean = resultOf(await muster.jobs.wait(job)).live
const any = await muster.jobs.get('id')
if (any.status === 'succeeded' && any.task === 'face-match') any.result.similarity.toFixed(2)
if (any.status === 'failed') any.error.hint.trim()
try {
  await muster.jobs.erase('id')
} catch (error) {
  if (error instanceof JobFailedError) error.code satisfies string as OutcomeCode
  if (error instanceof MusterError) error.headers?.get('x-request-id')
}
`

const WRONG = `
import { Muster } from 'muster/client'
const muster = new Muster({ apiKey: 'k', baseUrl: 'https://muster.example.com' })
// @ts-expect-error the target is missing
await muster.faceMatch({ source: 'a.jpg' })
// @ts-expect-error no such document type
await muster.ocr({ image: 'a.jpg', documentType: 'library-card' })
// @ts-expect-error an asynchronous check has no result yet
;(await muster.liveness({ image: 'a.jpg' }, { async: true })).live
// @ts-expect-error a pending job has no result
;(await muster.jobs.get('id')).result.live
// @ts-expect-error results are not to be changed
;(await muster.liveness({ image: 'a.jpg' })).live = true
`

const AGREEMENT = (root: string) => `
import type * as client from 'muster/client'
import type * as jobs from '${root}/infra/domain/job.ts'
import type { OutcomeCode } from '${root}/infra/domain/outcomes.ts'
import type * as results from '${root}/infra/domain/results.ts'
import type { Lane, TASK_PICTURES, TaskName } from '${root}/infra/domain/task.ts'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
type Resource = ReturnType<typeof import('${root}/api/job-resource.ts').toJobResource>
export const agreed: {
  faceMatch: Same<client.FaceMatchResult, results.FaceMatchResult>
  liveness: Same<client.LivenessResult, results.LivenessResult>
  ocr: Same<client.OcrResult, results.OcrResult>
  fieldNames: Same<client.OcrFieldName, results.OcrFieldName>
  documentTypes: Same<client.DocumentType, results.DocumentType>
  problem: Same<client.JobProblem, jobs.JobError>
  codes: Same<client.OutcomeCode, OutcomeCode>
  model: Same<client.ModelRef, jobs.ModelRef>
  timings: Same<client.Timings, jobs.Timings>
  states: Same<client.JobStatus, jobs.JobState>
  lanes: Same<client.Job['lane'], Lane>
  tasks: Same<client.TaskName, TaskName>
  faceMatchPictures: Same<keyof client.FaceMatchInput, (typeof TASK_PICTURES)['face-match'][number]>
  livenessPictures: Same<keyof client.LivenessInput, (typeof TASK_PICTURES)['liveness'][number]>
  members: Same<keyof client.Job, keyof Resource>
} = {
  faceMatch: true, liveness: true, ocr: true, fieldNames: true, documentTypes: true, problem: true, codes: true,
  model: true, timings: true, states: true, lanes: true, tasks: true, faceMatchPictures: true, livenessPictures: true,
  members: true,
}
`

describe('the types of the client', () => {
  it.each([
    ['Node', ['--module', 'nodenext', '--lib', 'es2022,dom']],
    ['a bundler for browsers', ['--module', 'esnext', '--moduleResolution', 'bundler', '--lib', 'es2022,dom']],
  ])('are complete for an application on %s, without the types of Node', async (_, options) => {
    await client.write('consumer.ts', CONSUMER)
    await client.write('wrong.ts', WRONG)
    await client.typeCheck(['consumer.ts', 'wrong.ts'], [...options, '--types', ''])
  })

  it('refuse what cannot work', async () => {
    await client.write('loose.ts', WRONG.replaceAll('// @ts-expect-error', '//'))
    const check = client.typeCheck(['loose.ts'], ['--module', 'nodenext', '--lib', 'es2022,dom'])
    await expect(check).rejects.toThrow(/library-card/)
  })

  it('agree with what the service works with', async () => {
    await client.write('agreement.ts', AGREEMENT(client.root))
    await client.typeCheck(
      ['agreement.ts'],
      ['--module', 'nodenext', '--lib', 'es2024,dom', '--allowImportingTsExtensions', '--skipLibCheck'],
    )
  })
})
