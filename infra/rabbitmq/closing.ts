import type { Duplex } from 'node:stream'
import type { Channel, ChannelModel } from 'amqplib'

/** A broker that has not answered a close by then is not waited for: what it holds of ours it takes back by itself. */
const CLOSE_LIMIT_MS = 5_000

/**
 * Close a channel. The library's own promise settles with the broker's answer only: it waits for ever when the
 * connection ends before that. Never throws; a channel that is closed already is fine.
 */
export const closeChannel = (channel: Channel): Promise<void> =>
  new Promise((resolve) => {
    channel.once('close', () => resolve())
    channel.close().then(resolve, () => resolve())
  })

/** The library has no word for it. */
const socketOf = (model: ChannelModel): Duplex => (model.connection as unknown as { readonly stream: Duplex }).stream

/** One connection whose end is known, also when nobody listened at the moment it came. */
export interface Watched {
  readonly model: ChannelModel
  /** resolves when it has ended, with the reason if there is one; never rejects */
  readonly gone: Promise<Error | undefined>
  /** end its socket at once: its channels close, and everything that waits for an answer is refused */
  cut(reason: string): void
  /** close it in order, or cut it where the broker does not answer; resolves when it has ended, never rejects */
  end(): Promise<void>
}

/** @param model of a connection that was opened this very moment */
export const watch = (model: ChannelModel): Watched => {
  const socket = socketOf(model)
  const gone = new Promise<Error | undefined>((resolve) => {
    model.once('close', resolve)
    // A connection that was closed before it had its listeners says nothing, but its socket does.
    socket.once('close', () => resolve(undefined))
    if (socket.destroyed) resolve(undefined)
  })
  const cut = (reason: string) => void socket.destroy(new Error(reason))
  return {
    model,
    gone,
    cut,
    async end() {
      const timer = setTimeout(() => cut('no answer to the close in time'), CLOSE_LIMIT_MS)
      // Refused when it is closing or closed already.
      model.close().catch(() => {})
      await gone
      clearTimeout(timer)
    },
  }
}
