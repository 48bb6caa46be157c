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
    expect(parsePrefer(header)).toEqual({ async, waitSeconds, cancelOnDisconnect: false })
  })

  it('is passed over when it is absurdly long', () => {
    expect(parsePrefer(`wait=5, ${'"\\'.repeat(4000)}`)).toEqual({
      async: false,
      waitSeconds: undefined,
      cancelOnDisconnect: false,
    })
  })

  it.each([
    ['cancel-on-disconnect', true],
    ['wait=5, Cancel-On-Disconnect', true],
    ['cancel-on-disconnect; really', true],
    ['cancel-on-disconnect=no', false],
    ['foo="cancel-on-disconnect"', false],
  ])('%j takes the job along with its caller: %j', (header, cancelOnDisconnect) => {
    expect(parsePrefer(header).cancelOnDisconnect).toBe(cancelOnDisconnect)
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
    const unless = { async: false, waitSeconds: undefined, cancelOnDisconnect: false }
    const waiting = { lane, waitMs, applied, cancelOnDisconnect: false }
    expect(waitingFor({ ...unless, ...preferences })).toEqual(waiting)
  })

  it.each([
    ['goes with its caller while he waits', {}, [true, 'cancel-on-disconnect']],
    ['says so beside the time', { waitSeconds: 3 }, [true, 'wait=3, cancel-on-disconnect']],
    ['stays where he does not wait', { waitSeconds: 0 }, [false, 'wait=0']],
    ['stays in the bulk lane', { async: true }, [false, 'respond-async']],
  ] as const)('%s, where that is preferred', (_title, preferences, [cancelOnDisconnect, applied]) => {
    const unless = { async: false, waitSeconds: undefined, cancelOnDisconnect: true }
    expect(waitingFor({ ...unless, ...preferences })).toMatchObject({ cancelOnDisconnect, applied })
  })
})
