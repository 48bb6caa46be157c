import { type Drain, type DrainEffect, type FleetNode, nodeState } from '../infra/domain/fleet-node.ts'
import { instant } from './override-words.ts'

const workers = (count: number): string => (count === 1 ? '1 worker' : `${count} workers`)

/** How long ago, in the unit people would choose. */
const ago = (ms: number): string => {
  const seconds = Math.max(0, Math.round(ms / 1_000))
  if (seconds < 120) return `${seconds} s ago`
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min ago` : `${Math.round(seconds / 3_600)} h ago`
}

const effectInWords = ({ pool, stopping, left }: DrainEffect): string => {
  if (stopping === 0) return `${pool}: no worker of it takes jobs here`
  const others = left === 0 ? 'NONE is left: its checks wait' : `${left} on other nodes go on`
  return `${pool}: ${workers(stopping)} of it ${stopping === 1 ? 'stops' : 'stop'}, ${others}`
}

/** What draining a machine means, a line a pool. */
export const drainInWords = (node: string, effects: readonly DrainEffect[]): readonly string[] =>
  effects.length === 0 ? [`${node} runs no workers`] : effects.map(effectInWords)

/** `drained by ada until 2026-11-21 22:00 UTC: a fan is replaced` */
export const sentenceOf = ({ actor, until, reason }: Drain): string => `by ${actor} until ${instant(until)}: ${reason}`

const quarantineInWords = ({ devices }: FleetNode): string =>
  devices.flatMap(({ name, quarantine }) => (quarantine ? [`${name} failed: ${quarantine.why}`] : [])).join('; ')

/** How a node is, in one line without its name. @param now epoch ms by the database's clock */
export const nodeHeadline = (node: FleetNode, drain: Drain | undefined, now: number): string => {
  const state = nodeState(node, now)
  const all = node.workers.length + node.moreWorkers
  const ready = node.workers.filter((worker) => worker.state === 'ready').length
  const wished = drain ? `, drained ${sentenceOf(drain)}` : ''
  switch (state) {
    case 'silent':
      return `last heard of ${ago(now - node.seenAt)}${wished}`
    case 'quarantined':
      return `${quarantineInWords(node)}${wished}`
    case 'drained':
      return drain ? `drained ${sentenceOf(drain)}` : 'drained; its workers start again'
    case 'draining':
      return `${workers(all)} to finish${wished}`
    case 'stopping':
      return `it ends; ${workers(all)} to finish`
    default:
      return `${ready} of ${workers(all)} take jobs${wished}`
  }
}
