import sharp from 'sharp'
import { until } from '../../infra/local/process.ts'

const PERIOD_MS = 100
const ANSWER_MS = 120_000
/** Sizes of pictures, so that each is one of a kind. */
const [MIN_PX, SPAN] = [48, 200]

/** What an accepted job came to, as its caller sees it. */
export interface Seen {
  readonly id: string
  readonly status: string
  readonly attempts: number
  readonly result: unknown
  readonly error: { readonly code: string } | null
}

interface Accepted {
  readonly id: string
  readonly size: string
}

const FINAL = new Set(['succeeded', 'failed', 'canceled', 'expired'])

/** Callers of the liveness check: ten a second, one in two of whom waits for the answer. */
export class Traffic {
  readonly accepted: Accepted[] = []
  /** statuses of those that were not, 0 = no answer */
  readonly refused: number[] = []
  readonly #url: string
  readonly #key: string
  readonly #underWay = new Set<Promise<void>>()
  #timer: NodeJS.Timeout | undefined
  #count = 0

  constructor(url: string, key: string) {
    this.#url = url
    this.#key = key
  }

  start(): void {
    this.#timer = setInterval(() => {
      const call = this.#call().finally(() => this.#underWay.delete(call))
      this.#underWay.add(call)
    }, PERIOD_MS)
  }

  /** Resolves when so many more were accepted. */
  async more(count: number): Promise<void> {
    const wanted = this.accepted.length + count
    if (!(await until(() => this.accepted.length >= wanted, ANSWER_MS))) throw new Error('nothing is accepted any more')
  }

  /** No more callers; resolves when the last has his answer. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all(this.#underWay)
  }

  /** Every job since the `from`th, final or as it is when patience is over. */
  async outcomes(from: number): Promise<ReadonlyMap<string, Seen>> {
    const seen = new Map<string, Seen>()
    await until(
      async () => {
        for (const { id } of this.accepted.slice(from))
          if (!FINAL.has(seen.get(id)?.status ?? '')) await this.#look(id).then((job) => job && seen.set(id, job))
        return seen.size === this.accepted.length - from && [...seen.values()].every(({ status }) => FINAL.has(status))
      },
      ANSWER_MS,
      250,
    )
    return seen
  }

  async #look(id: string): Promise<Seen | undefined> {
    try {
      const answer = await fetch(`${this.#url}/v1/jobs/${id}`, { headers: { authorization: `Bearer ${this.#key}` } })
      return answer.status === 200 ? ((await answer.json()) as Seen) : undefined
    } catch {
      return undefined
    }
  }

  async #call(): Promise<void> {
    const [number, width, height] = [
      this.#count,
      MIN_PX + (this.#count % SPAN),
      MIN_PX + Math.floor(this.#count / SPAN),
    ]
    this.#count += 1
    const picture = await sharp({ create: { width, height, channels: 3, background: '#888' } })
      .jpeg()
      .toBuffer()
    try {
      const answer = await fetch(`${this.#url}/v1/liveness`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${this.#key}`,
          'content-type': 'application/json',
          prefer: number % 2 === 0 ? 'respond-async' : 'wait=5',
        },
        body: JSON.stringify({ image: { base64: picture.toString('base64') } }),
      })
      const job = (await answer.json()) as Seen
      if (answer.status === 200 || answer.status === 202) this.accepted.push({ id: job.id, size: `${width}x${height}` })
      else this.refused.push(answer.status)
    } catch {
      this.refused.push(0)
    }
  }
}
