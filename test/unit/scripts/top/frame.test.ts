import { describe, expect, it } from 'vitest'
import { frame, type View } from '../../../../scripts/top/frame.ts'
import { toAnsi, toPlain } from '../../../../scripts/top/line.ts'
import { aTopHop, aTopPool, someTopFacts } from '../../../fixtures/top.ts'

const SMALL: View = { columns: 80, rows: 24, chosen: 0, open: false, keys: true }
const pictureOf = (...[facts, away, view]: Parameters<typeof frame>): readonly string[] =>
  frame(facts, away, view).map(toPlain)

const idle = aTopPool({
  pool: 'liveness',
  ...{ offeredPerSecond: 0, servedPerSecond: null, forecast: null, waiting: null, oldestMs: null },
  ...{ p50Ms: null, p95Ms: null, p99Ms: null, errorRatio: null, refusedRatio: null, batchSize: null, busyRatio: null },
  count: { asked: null, running: null, ready: null, min: 1, max: 4 },
  bottleneck: 'bottleneck: unknown: too few jobs in these minutes to tell (0)',
  notes: ['pin 5 by ada until 2026-11-21 22:00 UTC: the campaign starts', 'nobody looks at it: no autoscaler leads'],
})
const slow = aTopPool({
  pool: 'ocr',
  bottleneck:
    'bottleneck: infer (81 % of the time over what is usual): the model takes 1800 ms, usually 400 ms; so workers are held up. Look for a new version.',
})

describe('the picture', () => {
  it('has every pool with its numbers, its verdict, and what people say of it, on 80 columns', () => {
    expect(pictureOf(someTopFacts({ pools: [aTopPool(), idle, slow] }), undefined, SMALL)).toEqual([
      'muster top  20:01:02Z  3 pools  nodes: 4 ready, 1 drained',
      'rack-7 drained',
      ' POOL         IN/S OUT/S FCAST ASKED  RUN READY  WAIT  AGE   P50   P95   P99',
      '>face-match     42    42    48     5    5    10    12   1s 410ms  1.2s  3.1s',
      '  planned 40..60   err 0%   refused 0.4%   batch 3.2   busy 81%   bounds 2..40',
      '  bottleneck: none: no hop is slower than usual (p95 1240 ms, 0 % over 3 s)',
      ' liveness        0     -     -     -    -     -     -    -     -     -     -',
      '  planned -   err -   refused -   batch -   busy -   bounds 1..4',
      '  bottleneck: unknown: too few jobs in these minutes to tell (0)',
      '  pin 5 by ada until 2026-11-21 22:00 UTC: the campaign starts',
      '  nobody looks at it: no autoscaler leads',
      ' ocr            42    42    48     5    5    10    12   1s 410ms  1.2s  3.1s',
      '  planned 40..60   err 0%   refused 0.4%   batch 3.2   busy 81%   bounds 2..40',
      '  bottleneck: infer (81 % of the time over what is usual): the model takes 1800…',
      'arrows choose a pool   enter its hops   q quits',
    ])
  })

  it('has a column for everything where there is room', () => {
    expect(pictureOf(someTopFacts({ ailing: [] }), undefined, { ...SMALL, columns: 140, keys: false })).toEqual([
      'muster top  20:01:02Z  1 pool  nodes: 4 ready, 1 drained',
      ' POOL         IN/S OUT/S FCAST ASKED  RUN READY  WAIT  AGE   P50   P95   P99   PLANNED    ERR REFUSED BATCH   BUSY    BOUNDS',
      ' face-match     42    42    48     5    5    10    12   1s 410ms  1.2s  3.1s    40..60     0%    0.4%   3.2    81%     2..40',
      '  bottleneck: none: no hop is slower than usual (p95 1240 ms, 0 % over 3 s)',
    ])
  })

  it('has the hops of the chosen pool alone when it is opened, and its verdict in full', () => {
    const facts = someTopFacts({ pools: [aTopPool(), slow], nodes: {}, ailing: [] })
    expect(pictureOf(facts, undefined, { ...SMALL, chosen: 1, open: true })).toEqual([
      'muster top  20:01:02Z  2 pools  no node has told of itself',
      ' POOL         IN/S OUT/S FCAST ASKED  RUN READY  WAIT  AGE   P50   P95   P99',
      '>ocr            42    42    48     5    5    10    12   1s 410ms  1.2s  3.1s',
      '  planned 40..60   err 0%   refused 0.4%   batch 3.2   busy 81%   bounds 2..40',
      '  bottleneck: infer (81 % of the time over what is usual): the model takes 1800',
      '  ms, usually 400 ms; so workers are held up. Look for a new version.',
      '  HOP            COUNT    MEAN   USUAL     P50     P95  SHARE',
      '  queue           1200   900ms    90ms   160ms   320ms    25%  #####',
      '  infer           1200   180ms   170ms   160ms   320ms    50%  ##########',
      'arrows another pool   esc back   q quits',
    ])
  })

  it('keeps what was read last while nobody answers, and says since when', () => {
    const away = { since: Date.UTC(2026, 10, 21, 20, 0, 40), why: 'postgres does not answer' }
    const lines = pictureOf(someTopFacts(), away, SMALL)
    expect(lines.slice(0, 2)).toEqual([
      'muster top  20:01:02Z  1 pool  nodes: 4 ready, 1 drained',
      'no answer since 20:00:40Z: postgres does not answer',
    ])
    expect(lines).toContain('>face-match     42    42    48     5    5    10    12   1s 410ms  1.2s  3.1s')
  })

  it('says what it waits for before anything was read', () => {
    expect(pictureOf(undefined, undefined, SMALL)).toEqual(['muster top  reading ...'])
    expect(pictureOf(undefined, { since: 0, why: 'postgres does not answer' }, SMALL)).toEqual([
      'muster top  no answer since 00:00:00Z: postgres does not answer',
    ])
  })

  it.each([
    [80, 24],
    [40, 8],
    [200, 60],
    [10, 3],
    [80, 2],
  ])('is never larger than %i columns and %i rows', (columns, rows) => {
    const pools = Array.from({ length: 30 }, (_, at) =>
      aTopPool({ pool: `pool-${at}-${'x'.repeat(40)}`, notes: ['n'] }),
    )
    for (const open of [false, true])
      for (const chosen of [0, 12, 29, 99]) {
        const lines = pictureOf(someTopFacts({ pools }), undefined, { ...SMALL, columns, rows, chosen, open })
        expect(lines.length).toBeLessThanOrEqual(rows)
        for (const line of lines) expect([...line].length).toBeLessThanOrEqual(columns)
      }
  })

  it('shows the chosen pool however many there are before it', () => {
    const pools = Array.from({ length: 30 }, (_, at) => aTopPool({ pool: `pool-${at}` }))
    for (let chosen = 0; chosen < 30; chosen += 1)
      expect(pictureOf(someTopFacts({ pools }), undefined, { ...SMALL, chosen }).join('\n')).toContain(
        `>pool-${chosen} `,
      )
  })

  it('marks what is over the line, and lets nobody command the terminal', () => {
    const [, , , row = []] = frame(someTopFacts(), undefined, SMALL)
    expect(row.filter(({ style }) => style === 'bad').map(({ text }) => text.trim())).toEqual(['3.1s'])
    const evil = someTopFacts({ pools: [aTopPool({ notes: ['\u001b[2Jgone'] })] })
    expect(frame(evil, undefined, SMALL).map(toAnsi).join('')).not.toContain('\u001b[2J')
  })

  it('marks a hop that takes much longer than usual', () => {
    const hops = [
      aTopHop({ hop: 'queue', meanMs: 900, usualMs: 90 }),
      aTopHop(),
      aTopHop({ hop: 'reply', usualMs: null }),
    ]
    const lines = frame(someTopFacts({ pools: [aTopPool({ hops })] }), undefined, { ...SMALL, open: true })
    const marked = lines.filter((line) => line[0]?.style === 'bad').map(toPlain)
    expect(marked).toEqual([expect.stringContaining('queue')])
  })

  it('says of a pool that nothing went through it', () => {
    const facts = someTopFacts({ pools: [aTopPool({ hops: [] })] })
    expect(pictureOf(facts, undefined, { ...SMALL, open: true })).toContain(
      '  no job went through it in the last five minutes',
    )
  })
})
