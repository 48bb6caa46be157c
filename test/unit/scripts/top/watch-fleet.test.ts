import { expect, it } from 'vitest'
import { UnavailableError } from '../../../../infra/domain/errors.ts'
import type { TopFacts } from '../../../../scripts/top/facts.ts'
import { type Line, toPlain } from '../../../../scripts/top/line.ts'
import type { ScreenEvents } from '../../../../scripts/top/screen.ts'
import { watchFleet } from '../../../../scripts/top/watch-fleet.ts'
import { eventually } from '../../../fixtures/eventually.ts'
import { aTopPool, someTopFacts } from '../../../fixtures/top.ts'

/** A terminal that remembers what was drawn. */
const aScreen = () => {
  const pictures: string[] = []
  const said: string[] = []
  let events: ScreenEvents | undefined
  const open = (heard: ScreenEvents) => {
    events = heard
    return {
      size: () => ({ columns: 80, rows: 24 }),
      draw: (lines: readonly Line[]) => void pictures.push(lines.map(toPlain).join('\n')),
      suspend: () => void said.push('suspend'),
      close: () => void said.push('close'),
    }
  }
  return { open, pictures, said, press: (bytes: string) => events?.onPress(bytes), events: () => events }
}

const watch = (read: () => Promise<TopFacts>, everyMs = 5) => {
  const screen = aScreen()
  const ended = watchFleet({ read, open: screen.open, now: () => Date.UTC(2026, 10, 21, 20, 5, 0), everyMs })
  return { ...screen, ended, shows: (text: string) => eventually(() => expect(screen.pictures.at(-1)).toContain(text)) }
}

it('shows new facts again and again until q is pressed', async () => {
  let readCount = 0
  const { shows, press, ended, said } = watch(async () => {
    readCount += 1
    return someTopFacts({ pools: [aTopPool({ pool: `pool-${Math.min(readCount, 3)}` })] })
  })
  await shows('pool-3')
  press('q')
  await ended
  expect(said).toEqual(['close'])
})

it('moves and opens at once, without reading anew', async () => {
  let readCount = 0
  const read = async () => {
    readCount += 1
    return someTopFacts({ pools: [aTopPool(), aTopPool({ pool: 'ocr' })] })
  }
  const { shows, press, events, ended } = watch(read, 60_000)
  await shows('>face-match')
  press('\u001b[B')
  await shows('>ocr')
  press('\r')
  await shows('HOP')
  press('\u001a')
  events()?.onEnd()
  await ended
  expect(readCount).toBe(1)
})

it('says since when nobody answers and keeps what it knows, then goes on', async () => {
  let away = false
  const { shows, press, ended } = watch(async () => {
    if (away) throw new UnavailableError('postgres', new Error('connect ECONNREFUSED 10.0.0.7'))
    return someTopFacts()
  })
  await shows('face-match')
  away = true
  await shows('no answer since 20:05:00Z: postgres')
  await shows('face-match')
  away = false
  await eventually(async () => shows('muster top  20:01:02Z  1 pool  nodes: 4 ready, 1 drained\nrack-7 drained'))
  press('q')
  await ended
})

it('names no address of a server in an error that is not its own', async () => {
  const { shows, press, ended, pictures } = watch(() => Promise.reject(new Error('10.0.0.7 is gone')))
  await shows('the fleet could not be read')
  press('q')
  await ended
  expect(pictures.join('')).not.toContain('10.0.0.7')
})

it('ends at once where a server hangs', async () => {
  const { press, ended, said } = watch(() => new Promise<never>(() => {}))
  press('q')
  await ended
  expect(said).toEqual(['close'])
})
