import type { Trigger, TriggerReading } from '../../infra/domain/trigger.ts'
import { spanInWords } from './durations.ts'
import type { TriggerAnswer } from './trigger-look.ts'

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

/** Of a value with something missing. */
const atLeast = (value: number, [warning = '']: readonly string[]): string => `at least ${short(value)}, ${warning}`

const whyUnknown = (answer: TriggerAnswer, { staleAfterMs }: Trigger): string => {
  if (answer.kind === 'none') return answer.why
  if (answer.ageMs > staleAfterMs) return 'the value is too old'
  return atLeast(answer.value, answer.warnings)
}

const ofUnknown = (judged: Judged, answer: TriggerAnswer, trigger: Trigger, at: number): string => {
  const { name, asks, unknownSince, letGo } = judged
  const why = whyUnknown(answer, trigger)
  const held = letGo ? '; it holds nothing any more' : ''
  const then = asks > 0 ? `${held}; ${nodes(asks)} ${letGo ? 'are' : 'stay'} asked for` : held
  const since = at - (unknownSince ?? at)
  return `${name} is unknown${since > 0 ? ` for ${spanInWords(since)}` : ''}: ${why}${then}`
}

/** A trigger at one look in words: `partner-queue 340 / 50 a node = 7 nodes`. @param at epoch ms of the look */
export const whyOf = (judged: Judged, trigger: Trigger, answer: TriggerAnswer, at: number): string => {
  const { value, wanted, ageMs = 0 } = judged
  const said =
    value === undefined || wanted === undefined
      ? ofUnknown(judged, answer, trigger, at)
      : ofKnown(judged, value, wanted, trigger)
  if (wanted === undefined || (answer.kind === 'value' && answer.warnings.length === 0)) return said
  if (answer.kind === 'value' && answer.value === value) return `${said} (at least, ${answer.warnings[0]})`
  return `${said} (${spanInWords(ageMs)} ago; now ${whyUnknown(answer, trigger)})`
}

/** Why no node goes, of every trigger that holds them; empty = none does. */
export const triggerDoubts = (readings: readonly TriggerReading[]): readonly string[] =>
  readings.filter(({ state, letGo }) => state === 'unknown' && !letGo).map(({ why }) => `trigger ${why}`)
