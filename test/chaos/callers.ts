import { setTimeout as pause } from 'node:timers/promises'
import sharp from 'sharp'
import type { Acknowledgement, Attempt, Observation } from './checker.ts'

/** Sizes of pictures, so that each is one of a kind. */
const [MIN_PX, SPAN] = [48, 200]
/** Longer than the answer to `wait=5` takes when all is well, shorter than a patient caller's patience. */
const ANSWER_MS = 12_000
/** A caller that gets no answer asks again under the same key, for so long. */
const PATIENCE_MS = 40_000
const AGAIN_MS = 400
const LOOK_MS = 250
/** Looking must not become the load. */
const LOOKS_AT_ONCE = 10
/** Callers that wait; while there are so many, no more come: they would measure the machine. */
const MOST_CALLERS = 80
/** One in so many callers asks again although he has his answer: he must be told of the same job. */
const REPEATS = 5

const FINAL = new Set(['succeeded', 'failed', 'canceled', 'expired'])
/** Says that the same call may succeed later. @source RFC 9110: 408, 429, 5xx; 409: the first call is under way */
const mayPass = (status: number): boolean =>
  status === 0 || status === 408 || status === 409 || status === 429 || status >= 500

interface JobBody {
  readonly id: string
  readonly status: string
  readonly result: { readonly face?: { readonly box: { readonly width: number; readonly height: number } } } | null
  readonly error: { readonly code: string } | null
}

const observe = ({ id, status, result, error }: JobBody): Observation => ({
  id,
  status,
  code: error?.code ?? null,
  size: result?.face && `${result.face.box.width}x${result.face.box.height}`,
  outcome: `${status} ${error?.code ?? ''} ${JSON.stringify(result)}`,
})

/** Steady callers of the liveness check on both replicas, who write down what they asked and what they were told. */
export class Callers {
  readonly attempts: Attempt[] = []
  readonly acknowledgements: Acknowledgement[] = []
  readonly observations: Observation[] = []
  /** answers that were neither 2xx nor worth another try, by status */
  readonly refusals = new Map<number, number>()
  /** the same instants, in order */
  readonly finishedAt: number[] = []
  readonly #urls: readonly string[]
  readonly #key: string
  readonly #periodMs: number
  readonly #open = new Set<string>()
  readonly #overAt = new Map<string, number>()
  readonly #underWay = new Set<Promise<void>>()
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<unknown> | undefined

  constructor(urls: readonly string[], key: string, perSecond: number) {
    this.#urls = urls
    this.#key = key
    this.#periodMs = 1000 / perSecond
  }

  start(): void {
    this.#timer = setInterval(() => {
      if (this.#underWay.size >= MOST_CALLERS) return
      const call = this.#call(this.attempts.length).finally(() => this.#underWay.delete(call))
      this.#underWay.add(call)
    }, this.#periodMs)
    this.#looking ??= Promise.all(Array.from({ length: LOOKS_AT_ONCE }, (_, number) => this.#look(number)))
  }

  /** No more callers; resolves when the last has his answer or has given up. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#timer = undefined
    await Promise.all(this.#underWay)
  }

  /** acknowledged, and not known to be over */
  get openCount(): number {
    return this.#open.size
  }

  openIds(): readonly string[] {
    return [...this.#open]
  }

  /** monotonic ms of the first sight of each outcome, by job */
  get overAt(): ReadonlyMap<string, number> {
    return this.#overAt
  }

  /** Ask for every outcome once more, of a replica of our choice: what was told must not change. */
  async lookAgain(ids: readonly string[], replica: number): Promise<void> {
    for (let at = 0; at < ids.length; at += LOOKS_AT_ONCE) {
      const seen = await Promise.all(ids.slice(at, at + LOOKS_AT_ONCE).map((id) => this.#find(id, replica)))
      for (const one of seen) if (one) this.#note(one)
    }
  }

  /** Of those that are not over, one after the other. A replica that keeps one waiting keeps nobody else waiting. */
  async #look(number: number): Promise<void> {
    for (let replica = number; ; replica += 1) {
      await pause(LOOK_MS, undefined, { ref: false })
      const [id] = this.#open
      if (id === undefined) continue
      // To the end, so that everybody's turn comes.
      this.#open.delete(id)
      this.#open.add(id)
      const seen = await this.#find(id, replica)
      if (seen) this.#note(seen)
    }
  }

  async #find(id: string, replica: number): Promise<JobBody | undefined> {
    const { status, body } = await this.#ask('GET', `/v1/jobs/${id}`, replica)
    return status === 200 ? body : undefined
  }

  #note(job: JobBody): void {
    if (!FINAL.has(job.status)) return
    this.observations.push(observe(job))
    this.#open.delete(job.id)
    if (this.#overAt.has(job.id)) return
    const now = performance.now()
    this.#overAt.set(job.id, now)
    this.finishedAt.push(now)
  }

  async #call(number: number): Promise<void> {
    const [width, height] = [MIN_PX + (number % SPAN), MIN_PX + Math.floor(number / SPAN)]
    const attempt = { key: `chaos-${number}`, size: `${width}x${height}` }
    this.attempts.push(attempt)
    const picture = await sharp({ create: { width, height, channels: 3, background: '#888' } })
      .jpeg()
      .toBuffer()
    const body = JSON.stringify({ image: { base64: picture.toString('base64') } })
    const prefer = number % 2 === 0 ? 'respond-async' : 'wait=5'
    const until = performance.now() + PATIENCE_MS
    let tries = 1
    for (; performance.now() < until; tries += 1) {
      if (await this.#post(attempt.key, body, prefer, number, tries)) break
      await pause(AGAIN_MS)
    }
    if (number % REPEATS === 0) await this.#post(attempt.key, body, 'respond-async', number, tries + 1)
  }

  /** @returns whether there is nothing more to ask */
  async #post(key: string, body: string, prefer: string, number: number, tries: number): Promise<boolean> {
    const headers = { 'content-type': 'application/json', 'idempotency-key': key, prefer }
    const answer = await this.#ask('POST', '/v1/liveness', number + tries, headers, body)
    if (answer.body && (answer.status === 200 || answer.status === 202)) {
      const { id } = answer.body
      this.acknowledgements.push({ key, id, tries })
      if (!this.#overAt.has(id)) this.#open.add(id)
      this.#note(answer.body)
      return true
    }
    if (mayPass(answer.status)) return false
    this.refusals.set(answer.status, (this.refusals.get(answer.status) ?? 0) + 1)
    return true
  }

  /** status 0 = no answer */
  async #ask(method: string, path: string, replica: number, headers = {}, body?: string) {
    try {
      const answer = await fetch(`${this.#urls[replica % this.#urls.length]}${path}`, {
        method,
        headers: { authorization: `Bearer ${this.#key}`, ...headers },
        signal: AbortSignal.timeout(ANSWER_MS),
        ...(body === undefined ? {} : { body }),
      })
      return { status: answer.status, body: (await answer.json()) as JobBody }
    } catch {
      return { status: 0, body: undefined }
    }
  }
}
