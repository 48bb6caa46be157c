import type { ToldState, WorkerState } from '../../infra/domain/fleet-node.ts'
import { type ReadAbout, UNKNOWN } from '../node/about.ts'
import { stateOf } from '../node/node-state.ts'
import type { Asked } from './ask-workers.ts'

/** Models are read, loaded and tried out meanwhile. A worker that takes longer does not start, it fails again and again. */
const START_MS = 300_000

/** One of the containers there should be. */
export interface Place {
  readonly index: number
  /** by which it is known again; undefined = nothing was ever there */
  readonly address: string | undefined
  readonly phase: WorkerState
  /** epoch ms: when that phase began */
  readonly since: number
  readonly wasReady: boolean
  readonly about: ReadAbout
}

/** The workers of an allocation, as they were seen last. */
export interface Roster {
  readonly places: readonly Place[]
  /** the fleet wishes that none works */
  readonly draining: boolean
  /** epoch ms: when they were told to start */
  readonly begunAt: number
}

/** What is looked at. */
export interface Look {
  readonly asked: readonly Asked[]
  /** how many there should be */
  readonly wanted: number
  readonly draining: boolean
  /** epoch ms */
  readonly now: number
}

/** None was looked at yet. */
export const emptyRoster = (now: number): Roster => ({ places: [], draining: false, begunAt: now })

const phaseOf = (one: Asked | undefined, wasReady: boolean): WorkerState => {
  if (one?.kind === 'ready') return 'ready'
  if (one?.kind === 'not-ready' || one?.kind === 'late') return 'starting'
  return wasReady ? 'waiting' : 'starting'
}

/** Who is where: those that are known stay, others take the lowest place that nobody has. */
const seat = (before: readonly Place[], asked: readonly Asked[], wanted: number): ReadonlyMap<number, Asked> => {
  const known = new Map(before.map(({ address, index }) => [address, index]))
  const seats = new Map<number, Asked>()
  for (const one of asked) {
    const index = known.get(one.address)
    if (index !== undefined) seats.set(index, one)
  }
  const free = Array.from({ length: Math.max(wanted, asked.length) }, (_, index) => index).filter(
    (at) => !seats.has(at),
  )
  for (const one of asked) if (!known.has(one.address)) seats.set(free.shift() as number, one)
  return seats
}

const toPlace = (
  index: number,
  one: Asked | undefined,
  before: Place | undefined,
  draining: boolean,
  now: number,
): Place => {
  const was = before?.wasReady ?? false
  const phase = draining ? 'leaving' : phaseOf(one, was)
  return {
    ...{ index, phase, address: one?.address ?? before?.address },
    since: before?.phase === phase ? before.since : now,
    wasReady: was || phase === 'ready',
    about: one?.about ?? UNKNOWN,
  }
}

/** What is known after one more look. Pure. While they are drained those that do not run are no more there. */
export const lookAgain = (before: Roster, { asked, wanted, draining, now }: Look): Roster => {
  const woken = before.draining && !draining
  const places = woken ? [] : before.places
  const there = draining ? asked.filter(({ kind }) => kind !== 'gone') : asked
  const seats = seat(places, there, wanted)
  const count = Math.max(wanted, ...[...seats.keys()].map((at) => at + 1))
  const indexes = draining ? [...seats.keys()].sort((a, b) => a - b) : Array.from({ length: count }, (_, at) => at)
  return {
    places: indexes.map((index) =>
      toPlace(
        index,
        seats.get(index),
        places.find((place) => place.index === index),
        draining,
        now,
      ),
    ),
    draining,
    begunAt: woken ? now : before.begunAt,
  }
}

/** How they are together, in one word. Pure. */
export const rosterState = ({ places, draining, begunAt }: Roster, wanted: number, now: number): ToldState => {
  const isLate = now - begunAt > START_MS
  return stateOf({
    workers: places.map(({ phase, wasReady }) => ({ phase, restarts: wasReady || isLate ? 1 : 0 })),
    pools: [{ desired: wanted, ready: places.filter(({ phase }) => phase === 'ready').length }],
    ...{ draining, stopping: false, quarantined: false },
  })
}
