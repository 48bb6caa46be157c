import { UsageError } from '../../scripts/exit-code.ts'
import type { ChaosStack } from './stack.ts'

export type Struck = (what?: string) => void

/** One way to harm the stack, and to make it good again. */
export interface Fault {
  /** as the report names it */
  readonly name: string
  /** how long it lasts once it is injected, in ms; 0 when it is over at once */
  readonly holdMs: number
  /** why it cannot be injected on this machine; undefined = it can */
  readonly impossible?: () => string | undefined
  /** codes of failures it excuses: the job was promised an honest end, not success */
  readonly excused?: readonly string[]
  /**
   * @param struck to be called after each blow of a fault that strikes several times: recovery is timed from there;
   *   with what it was, where blows differ
   * @returns how many times it was injected, when not once
   */
  inject(stack: ChaosStack, random: () => number, struck: Struck): Promise<number | undefined>
  /** what an operator would have to do; Muster must do the rest by itself */
  heal?(stack: ChaosStack): Promise<void>
}

/** @source "mulberry32", public domain, Tommy Ettinger */
export const seeded = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** In an order that the seed decides. */
export const shuffled = <T>(items: readonly T[], random: () => number): readonly T[] =>
  items
    .map((item) => ({ item, rank: random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item)

type Lists = Readonly<Record<'faults' | 'clusterFaults', readonly Fault[]>>

/** Of all faults those with these names; how they are written does not matter. @throws UsageError that names them all */
export const chosen = (names: readonly string[], all: Lists): Lists => {
  const known = [...all.faults, ...all.clusterFaults].map(({ name }) => name)
  const wanted = new Set(names.map((name) => name.toLowerCase()))
  const strange = names.filter((name) => !known.some((one) => one.toLowerCase() === name.toLowerCase()))
  if (strange.length > 0 || names.length === 0)
    throw new UsageError(`no fault is called ${strange.join(', ') || 'nothing'}; there are:\n  ${known.join('\n  ')}`)
  const pick = (faults: readonly Fault[]) => faults.filter(({ name }) => wanted.has(name.toLowerCase()))
  return { faults: pick(all.faults), clusterFaults: pick(all.clusterFaults) }
}
