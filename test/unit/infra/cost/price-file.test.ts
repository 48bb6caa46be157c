import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parsePrices, priceOf, readPrices } from '../../../../infra/cost/price-file.ts'

const gpu = { onDemand: 1, spot: 0.4, zones: { b: { onDemand: 2 }, c: { spot: 0.2 } } }
const file = (pools: Record<string, unknown>, nodeClasses: Record<string, unknown> = { gpu, bare: { onDemand: 1 } }) =>
  JSON.stringify({ currency: 'EUR', nodeClasses, pools })

describe('a price file', () => {
  it.each([
    ['a', 0, 1],
    ['b', 0, 2],
    ['b', 1, 0.4],
    ['c', 1, 0.2],
    ['c', 0.5, 0.6],
    ['', 0.25, 0.85],
  ])('knows what a node costs in zone "%s" with a share of %d on spot', (zone, spotShare, price) => {
    const prices = parsePrices(file({ ocr: { nodeClass: 'gpu', spotShare } }))
    expect(priceOf(prices, 'ocr', zone)).toBeCloseTo(price)
  })

  it.each([
    [{ ocr: { nodeClass: 'gone' } }, 'has no node class gone'],
    [{ ocr: { nodeClass: 'bare', spotShare: 0.5 } }, 'has no spot price of bare'],
    [{}, 'says nothing of pool ocr'],
  ])('says what it does not tell: %j', (pools, why) => {
    expect(() => priceOf(parsePrices(file(pools)), 'ocr', '')).toThrow(why)
  })

  it.each([
    ['no JSON', '{'],
    ['a price below nothing', file({}, { gpu: { onDemand: -1 } })],
    ['a share over the whole', file({ ocr: { nodeClass: 'gpu', spotShare: 2 } })],
    ['a word that nobody knows', file({ ocr: { nodeClass: 'gpu', price: 1 } })],
    ['no currency', JSON.stringify({ nodeClasses: {}, pools: {} })],
  ])('is refused with %s', (_what, text) => {
    expect(() => parsePrices(text)).toThrow('the price file')
  })

  it('is refused when it is not there', () => {
    expect(() => readPrices('/nowhere/prices.json')).toThrow('the price file cannot be read')
  })

  it('is what the documentation shows', () => {
    const text = readFileSync(join(import.meta.dirname, '../../../../docs/cost.md'), 'utf8')
    const [, example = ''] = /```json\n([\s\S]*?)```/.exec(text) ?? []
    const prices = parsePrices(example)
    for (const pool of Object.keys(prices.pools)) expect(priceOf(prices, pool, 'zone-b')).toBeGreaterThan(0)
  })
})
