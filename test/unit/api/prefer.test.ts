import { describe, expect, it } from 'vitest'
import { parsePrefer, waitingFor } from '../../../api/prefer.ts'

describe('a Prefer header', () => {
  it.each([
    [undefined, false, undefined],
    ['', false, undefined],
    ['wait=5', false, 5],
    ['Wait=5', false, 5],
    ['wait = 5', false, 5],
    ['wait="5"', false, 5],
    ['wait=0', false, 0],
    ['wait=5; foo="a,b"', false, 5],
    ['foo="wait=9, respond-async", wait=3', false, 3],
    ['respond-async', true, undefined],
    ['Respond-Async, wait=10', true, 10],
    ['wait=3, wait=9', false, 3],
    ['handling=lenient, , wait=4', false, 4],
    ['wait', false, undefined],
    ['wait=-1', false, undefined],
    ['wait=1.5', false, undefined],
    ['wait=soon', false, undefined],
    ['wait=99999999999', false, undefined],
    ['respond-async=no', false, undefined],
    ['=5, wait=2', false, 2],
    ['"', false, undefined],
  ])('%j means async %j, wait %j', (header, async, waitSeconds) => {
    expect(parsePrefer(header)).toEqual({ async, waitSeconds })
  })

  it('is passed over when it is absurdly long', () => {
    expect(parsePrefer(`wait=5, ${'"\\'.repeat(4000)}`)).toEqual({ async: false, waitSeconds: undefined })
  })
})

describe('a submission', () => {
  it.each([
    ['waits ten seconds in the interactive lane unless told', {}, ['interactive', 10_000, undefined]],
    ['waits as long as it is told', { waitSeconds: 3 }, ['interactive', 3_000, 'wait=3']],
    ['waits a minute at most', { waitSeconds: 600 }, ['interactive', 60_000, 'wait=60']],
    ['need not wait', { waitSeconds: 0 }, ['interactive', 0, 'wait=0']],
    ['goes to the bulk lane when nobody waits for it', { async: true }, ['bulk', 0, 'respond-async']],
    ['waits first when it asks for both', { async: true, waitSeconds: 2 }, ['interactive', 2_000, 'wait=2']],
  ] as const)('%s', (_title, preferences, [lane, waitMs, applied]) => {
    expect(waitingFor({ async: false, waitSeconds: undefined, ...preferences })).toEqual({ lane, waitMs, applied })
  })
})
