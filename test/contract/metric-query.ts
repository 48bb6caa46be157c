import { describe, expect, it } from 'vitest'
import type { MetricQuery } from '../../infra/ports/metric-query.ts'

const AT = 1_700_000_000_000

/** What every server that answers queries must do. The expressions need no data. */
export const describeMetricQuery = (adapter: string, open: () => Promise<MetricQuery>): void => {
  describe(`MetricQuery on ${adapter}`, () => {
    it.each<[string, number]>([
      ['vector(7)', 7],
      ['scalar(vector(3.5))', 3.5],
    ])('reads the one number of %s', async (query, value) => {
      expect(await (await open()).read(query, AT)).toEqual({ kind: 'value', value, at: AT, warnings: [] })
    })

    it('reads what holds at the instant that is asked for', async () => {
      expect(await (await open()).read('time()', AT + 1_500)).toMatchObject({ value: AT / 1_000 + 1.5, at: AT + 1_500 })
    })

    it.each<[string, string | RegExp]>([
      ['no_such_metric', 'no data'],
      ['vector(0) / 0', 'the value is not a number'],
      ['1 / 0', 'the value is infinite'],
      [
        'label_replace(vector(1), "a", "x", "", "") or label_replace(vector(2), "a", "y", "", "")',
        '2 series, not one: sum them',
      ],
      ['no_such_metric[5m]', 'the answer is a matrix, not one number'],
      ['"a text"', 'the answer is a string, not one number'],
      ['sum(', /^the query is refused: .*parse error/],
    ])('finds no number in %s, and says why', async (query, why) => {
      const answer = await (await open()).read(query, AT)
      expect(answer).toEqual({ kind: 'none', why: typeof why === 'string' ? why : expect.stringMatching(why) })
    })
  })
}
