/** Going down is put off until it saves this share of the fleet: nodes that go and come again cost a boot each. */
const DEADBAND_RATIO = 0.08
/** A backlog of more than this many seconds of work is more than noise. */
const BACKLOG_SECONDS = 1.5
/** It is to be worked off within this many seconds. */
const WORK_OFF_SECONDS = 60

/**
 * Hold still for small savings. Going up is never put off.
 * @param desired count wanted now
 * @param count nodes working and booting
 */
export const damped = (desired: number, count: number): number =>
  desired < count && desired >= count - Math.max(1, count * DEADBAND_RATIO) ? count : desired

/**
 * The count that works a backlog off within a minute while new requests keep coming; 0 while there is none to speak of.
 * @param backlog requests waiting (count)
 * @param readyCount nodes that work
 * @param rate present demand, in requests a second
 * @param capacity of one node, in requests a second
 */
export const backstop = (backlog: number, readyCount: number, rate: number, capacity: number): number =>
  backlog > BACKLOG_SECONDS * readyCount * capacity
    ? Math.ceil(rate / capacity + backlog / (capacity * WORK_OFF_SECONDS))
    : 0
