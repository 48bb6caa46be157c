import type { Trigger, TriggerReading } from '../../infra/domain/trigger.ts'
import { spanInWords } from './durations.ts'
import type { TriggerAnswer } from './judge.ts'

const nodes = (count: number): string => (count === 1 ? '1 node' : `${count} nodes`)
/** Four digits are enough of a value that is divided and rounded up. */
const short = (value: number): string => String(Number(value.toPrecision(4)))

type Judged = Omit<TriggerReading, 'why'>

const reckoning = ({ name, targetPerNode }: Judged, value: number, wanted: number, { maxNodes }: Trigger): string => {
  const most = wanted === maxNodes ? ', its most' : ''
  return `${name} ${short(value)} / ${short(targetPerNode)} a node = ${nodes(wanted)}${most}`
}

const ofKnown = (judged: Judged, value: number, wanted: number, trigger: Trigger): string => {
  const { name, asks } = judged
  const said =
    wanted === 0 && value <= trigger.activation
      ? `${name} ${short(value)} is not over ${short(trigger.activation)}`
      : reckoning(judged, value, wanted, trigger)
  if (asks > wanted) return `${said}; ${nodes(asks)} stay for ${spanInWords(trigger.keepForMs)} after they were wanted`
  if (asks < wanted) {
    const held = asks > 0 ? `: ${nodes(asks)} so far` : ''
    return `${said}, not for ${spanInWords(trigger.forMs)} yet${held}`
  }
  return said
}

const ofUnknown = ({ name, asks, unknownSince, letGo }: Judged, answer: TriggerAnswer, at: number): string => {
  const why = answer.kind === 'none' ? answer.why : 'the value is too old'
  const then = letGo ? '; it holds nothing any more' : asks > 0 ? `; ${nodes(asks)} stay asked for` : ''
  const since = at - (unknownSince ?? at)
  return `${name} is unknown${since > 0 ? ` for ${spanInWords(since)}` : ''}: ${why}${then}`
}

/** A trigger at one look in words: `partner-queue 340 / 50 a node = 7 nodes`. @param at epoch ms of the look */
export const whyOf = (judged: Judged, trigger: Trigger, answer: TriggerAnswer, at: number): string => {
  const { value, wanted, ageMs = 0 } = judged
  const said =
    value === undefined || wanted === undefined
      ? ofUnknown(judged, answer, at)
      : ofKnown(judged, value, wanted, trigger)
  if (answer.kind === 'none')
    return wanted === undefined ? said : `${said} (${spanInWords(ageMs)} ago; now ${answer.why})`
  const [warning] = answer.warnings
  return warning === undefined ? said : `${said} (warning: ${warning})`
}

/** Why no node goes, of every trigger that holds them; empty = none does. */
export const triggerDoubts = (readings: readonly TriggerReading[]): readonly string[] =>
  readings.filter(({ state, letGo }) => state === 'unknown' && !letGo).map(({ why }) => `trigger ${why}`)
