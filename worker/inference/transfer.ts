import { isMarkedAsUntransferable } from 'node:worker_threads'
import type { TaskItem } from '../executor.ts'

/** Items ready to be posted, and the buffers to move instead of copying. */
export interface Transferable {
  readonly items: readonly TaskItem[]
  readonly buffers: readonly ArrayBuffer[]
}

/**
 * Pixels in a buffer of their own that can change threads. Most can as they are; native decoders hand out memory that
 * cannot move, and a view of a shared pool would take the neighbours' bytes along, so those are copied first.
 */
const movable = (data: Uint8Array): Uint8Array<ArrayBuffer> => {
  const { buffer } = data
  const alone = buffer instanceof ArrayBuffer && buffer.byteLength === data.byteLength
  return alone && !isMarkedAsUntransferable(buffer) ? (data as Uint8Array<ArrayBuffer>) : new Uint8Array(data)
}

/** Prepare items for another thread: their pixels move there, so this thread must not touch them afterwards. */
export const toTransferable = (items: readonly TaskItem[]): Transferable => {
  const buffers = new Set<ArrayBuffer>()
  const moved = items.map(({ pictures, options }) => ({
    options,
    pictures: Object.fromEntries(
      Object.entries(pictures).map(([name, picture]) => {
        const data = movable(picture.data)
        buffers.add(data.buffer)
        return [name, { ...picture, data }]
      }),
    ),
  }))
  return { items: moved, buffers: [...buffers] }
}
