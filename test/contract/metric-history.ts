import { describe, expect, it } from 'vitest'
import type { MetricHistory } from '../../infra/ports/metric-history.ts'

const FROM = 1_700_000_000_000
const span = { from: FROM, until: FROM + 150_000, stepMs: 60_000 }

/** What every server that keeps metrics must do. The expressions need no data. */
export const describeMetricHistory = (adapter: string, open: () => Promise<MetricHistory>): void => {
  describe(`MetricHistory on ${adapter}`, () => {
    it('reads one number for each step', async () => {
      const values = [0, 60, 120].map((seconds) => FROM / 1_000 + seconds)
      expect(await (await open()).readSpan('time()', span)).toEqual({ kind: 'values', values })
      expect(await (await open()).readSpan('vector(7)', span)).toEqual({ kind: 'values', values: [7, 7, 7] })
    })

    it('tells steps without a number from zero', async () => {
      const nothing = { kind: 'values', values: [undefined, undefined, undefined] }
      expect(await (await open()).readSpan('no_such_metric', span)).toEqual(nothing)
      expect(await (await open()).readSpan('vector(0) / 0', span)).toEqual(nothing)
    })

    it('reads more steps than a server gives at once', async () => {
      const until = FROM + 24_999 * 1_000
      const record = await (await open()).readSpan('time()', { from: FROM, until, stepMs: 1_000 })
      const values = record.kind === 'values' ? record.values : []
      expect(values).toHaveLength(25_000)
      expect(values.every((value, index) => value === FROM / 1_000 + index)).toBe(true)
    })

    it.each<[string, RegExp]>([
      [
        'label_replace(vector(1), "a", "x", "", "") or label_replace(vector(2), "a", "y", "", "")',
        /^2 series, not one/,
      ],
      ['sum(', /^the query is refused: .*parse error/],
    ])('finds no series in %s, and says why', async (query, why) => {
      expect(await (await open()).readSpan(query, span)).toEqual({ kind: 'none', why: expect.stringMatching(why) })
    })
  })
}
