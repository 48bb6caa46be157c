import { describe, expect, it } from 'vitest'
import { bottleneckOf, type Verdict } from '../../../../infra/domain/bottleneck.ts'
import { CAUSES } from '../../../../infra/domain/bottleneck-cause.ts'
import { verdictInWords, verdictLine } from '../../../../infra/domain/bottleneck-words.ts'
import { usualOf } from '../../../../infra/domain/usual.ts'
import { sumsOf } from '../../../fixtures/minutes.ts'

const usual = usualOf(Array.from({ length: 6 }, (_, at) => ({ at, sums: sumsOf() })))
const judge = (...args: Parameters<typeof sumsOf>) =>
  bottleneckOf({ sums: sumsOf(...args), usual, waiting: 30, readyWorkers: 2 })

describe('a verdict in words', () => {
  it('says what takes how long, what jobs wait because of it, and what to do', () => {
    const { because, todo } = verdictInWords(judge({ fetch: 812, queue: 4_230 }, { full: 0.95 }), 'ocr')
    expect(because).toBe(
      'fetching its pictures from storage takes 812 ms, usually 15 ms; so workers are held up, and jobs wait 4.2 s longer for them (p95 395 ms, 0 % over 3 s)',
    )
    expect(todo).toContain('./muster doctor')
  })

  it('tells too few workers from workers that get nothing', () => {
    expect(verdictLine(judge({ queue: 12_000 }, { full: 0.95 }), 'ocr')).toMatch(
      /^bottleneck: queue \(100 % .+\): waiting for a worker takes 12\.0 s, usually 30 ms, and the workers are busy with as much as usual: there are too few of them .+ `\.\/muster why ocr` .+\.$/,
    )
    expect(verdictLine(judge({ queue: 12_000 }, { full: 0.1 }), 'ocr')).toContain('messages do not reach them')
  })

  it('says what waits where nothing was taken', () => {
    const none = bottleneckOf({ sums: {}, usual, waiting: 30, readyWorkers: 0 })
    expect(verdictInWords(none, 'ocr').because).toBe('30 jobs wait and no worker takes them')
  })

  it('says that there is none, or that nobody can tell', () => {
    expect(verdictLine(judge(), 'ocr')).toBe('bottleneck: none: no hop is slower than usual (p95 395 ms, 0 % over 3 s)')
    expect(verdictLine(judge({}, { jobs: 3 }), 'ocr')).toBe(
      'bottleneck: unknown: too few jobs in these minutes to tell (3)',
    )
  })

  it.each(CAUSES)('has something to do about %s, for people', (cause) => {
    const verdict = { ...(judge({ fetch: 900 }) as Extract<Verdict, { kind: 'bottleneck' }>), cause }
    const { todo } = verdictInWords(verdict, 'ocr')
    expect(todo).toMatch(/^[A-Z].+\.$/)
    expect(todo).not.toContain('<pool>')
  })
})
