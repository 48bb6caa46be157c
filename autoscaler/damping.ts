/** Going down is put off until it saves this share of the fleet: nodes that go and come again cost a boot each. */
const DEADBAND_RATIO = 0.05
/** In a fleet of so few a single node is much of the bill: it is worth a boot later. */
const SMALL_COUNT = 5
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
  desired < count && count - desired <= Math.max(count > SMALL_COUNT ? 1 : 0, count * DEADBAND_RATIO) ? count : desired

/**
 * The count that works a backlog off within a minute while new requests keep coming, with what will have joined it by the
 * time new nodes work; 0 while there is none to speak of.
 * @param backlog requests waiting (count)
 * @param readyCount nodes that work
 * @param rate present demand, in requests a second
 * @param capacity of one node, in requests a second
 * @param bootSeconds until a node that is asked for now works; 0 = what joins the backlog until then is left out
 */
export const backstop = (
  backlog: number,
  readyCount: number,
  rate: number,
  capacity: number,
  bootSeconds = 0,
): number => {
  if (backlog <= BACKLOG_SECONDS * readyCount * capacity) return 0
  const joining = Math.max(0, rate - readyCount * capacity) * bootSeconds
  return Math.ceil(rate / capacity + (backlog + joining) / (capacity * WORK_OFF_SECONDS))
}
