import { Pool } from 'undici'
import type { TaskName } from '../../../infra/domain/task.ts'
import { serveParent } from '../child.ts'
import { measure } from '../latency.ts'
import { FORM_TYPE, formOf } from './workload.ts'

interface Question {
  readonly url: string
  readonly apiKey: string
  readonly task: TaskName
  readonly concurrency: number
  readonly warmUpMs: number
  readonly durationMs: number
}

/** Callers that send real pictures and wait for the answer. */
serveParent(async ({ url, apiKey, task, ...load }: Question) => {
  const pool = new Pool(url, { connections: load.concurrency, pipelining: 1 })
  const headers = { 'content-type': FORM_TYPE, authorization: `Bearer ${apiKey}`, prefer: 'wait=60' }
  const body = formOf(task)
  const call = async () => {
    const answer = await pool.request({ path: `/v1/${task}`, method: 'POST', headers, body })
    const job = (await answer.body.json()) as { status?: string }
    if (answer.statusCode !== 200 || job.status !== 'succeeded') throw new Error(`${answer.statusCode} ${job.status}`)
  }
  const measured = await measure(call, load)
  await pool.close()
  return measured
})
