import type { ToldState } from '../../infra/domain/fleet-node.ts'
import type { Clock } from '../../infra/ports/clock.ts'
import type { Knows, ToldReport } from '../node/told-node.ts'
import type { Asked, AskWorkers } from './ask-workers.ts'
import { emptyRoster, lookAgain, rosterState } from './roster.ts'

/** Whose workers they are, and who asks them. */
export interface GateDeps {
  readonly ask: AskWorkers
  /** how many there should be */
  readonly wanted: number
  readonly pool: string
  readonly clock: Pick<Clock, 'now'>
  /** has the fleet said whether they are to work? Where there is nobody to ask: yes */
  readonly knows: () => boolean
}

/** What is answered over HTTP. */
export interface GateAnswer {
  readonly status: number
  readonly type: string
  readonly body: string
}

/** Speaks for several workers: to Nomad, to the script that starts and stops them, and to the fleet. */
export interface Gate extends Knows {
  /** Ask the workers. Looks at the same time are one. */
  look(): Promise<void>
  /** The fleet wishes that none works, or that they do again. Who stops and starts them asks for `/wish`. */
  drain(draining: boolean): void
  /** `/livez`, `/wish`; everything else is whether all are ready. Never waits for the fleet. */
  answer(path: string): Promise<GateAnswer>
}

const json = (status: number, body: object): GateAnswer => ({
  ...{ status, type: 'application/json' },
  body: JSON.stringify(body),
})

/** Builds it. */
export const createGate = ({ ask, wanted, pool, clock, knows }: GateDeps): Gate => {
  let roster = emptyRoster(clock.now())
  let asked: readonly Asked[] = []
  let draining = false
  let looking: Promise<void> | undefined

  const state = (): ToldState => rosterState(roster, wanted, clock.now())
  const update = (): void => {
    roster = lookAgain(roster, { asked, wanted, draining, now: clock.now() })
  }
  const look = (): Promise<void> => {
    looking ??= ask()
      .then((answers) => {
        asked = answers
        update()
      })
      .finally(() => {
        looking = undefined
      })
    return looking
  }
  const readiness = (): GateAnswer => {
    const workers = asked.map(({ address, kind }) => ({ worker: address, ready: kind === 'ready' }))
    const ready = workers.filter((worker) => worker.ready).length
    // Drained, and on the way there, they are as people want them: no release has to wait until they work again.
    const status = draining ? state() : ready >= wanted ? 'ok' : 'not ready'
    return json(status === 'not ready' ? 503 : 200, { status, wanted, ready, workers })
  }

  return {
    look,
    drain(wish) {
      draining = wish
      update()
    },
    async answer(path) {
      if (path === '/wish') {
        const wish = knows() ? (draining ? 'rest' : 'work') : 'unknown'
        return { status: 200, type: 'text/plain', body: `${wish}\n` }
      }
      await look()
      return path === '/livez' ? { ...readiness(), status: 200 } : readiness()
    },
    workers: () =>
      roster.places.map(
        ({ index, phase, since, about: { inHand: busy, devices, models } }): ToldReport => ({
          ...{ pool, index, phase, since, busy, devices, models },
          // Its number inside its container says nothing outside, and Docker alone counts its starts.
          ...{ pid: null, restarts: null },
        }),
      ),
    get state() {
      return state()
    },
    quarantined: () => [],
  }
}
