import { dayAndTime, time, utc } from '../words/instants.ts'
import { h } from './element.ts'

/** An instant in the reader's zone, with UTC on hover. @param at epoch ms or ISO 8601 @param now epoch ms */
export const timeOf = (at: number | string, now: number, { seconds = false } = {}): HTMLTimeElement => {
  const ms = typeof at === 'number' ? at : Date.parse(at)
  const isNear = new Date(ms).toDateString() === new Date(now).toDateString()
  const words = isNear ? time(ms, seconds) : dayAndTime(ms)
  return h('time', { datetime: new Date(ms).toISOString(), title: utc(ms) }, words)
}
