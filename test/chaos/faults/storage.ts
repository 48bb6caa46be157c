import type { Fault as Answer } from '../../fakes/blob-store-proxy.ts'
import type { Fault } from '../fault.ts'
import type { Weather } from '../wire.ts'

const HOLD_MS = 5_000
/** Less than a request with a picture has. */
const HALF_BYTES = 700
const DELAY_MS = 300

/** After three attempts a job whose picture cannot be read ends with this. */
const excused = ['STORAGE_UNAVAILABLE'] as const

const answering = (name: string, answer: Answer): Fault => ({
  name,
  holdMs: HOLD_MS,
  excused,
  async inject(stack) {
    stack.storage.answers.misbehave(answer)
    return undefined
  },
  async heal(stack) {
    stack.storage.answers.misbehave('none')
  },
})

const wired = (name: string, weather: Weather): Fault => ({
  name,
  holdMs: HOLD_MS,
  excused,
  async inject(stack) {
    stack.storage.wire.set(weather)
    // Connections that were opened in fair weather have carried more than this one allows.
    if (weather.kind === 'half') stack.storage.wire.cut()
    return undefined
  },
  async heal(stack) {
    stack.storage.wire.set({ kind: 'fair' })
  },
})

/** Of the object store and the way to it. */
export const storageFaults: readonly Fault[] = [
  answering('storage answers 503', 'busy'),
  answering('storage does not answer', 'silent'),
  answering('storage breaks off half-way through an answer', 'cut'),
  wired('storage breaks off half-way through a picture', { kind: 'half', bytes: HALF_BYTES }),
  wired('storage slow', { kind: 'slow', delayMs: DELAY_MS }),
]
