import { readlinkSync } from 'node:fs'
import { setPriority } from 'node:os'

/**
 * Let every other thread of this machine go before the calling one, and before those it starts. Where the system knows no
 * priority of a single thread it stays as it is.
 * @param niceness 0..19
 */
export const stepBack = (niceness = 0): void => {
  if (niceness === 0) return
  try {
    // `<process>/task/<thread>`: on Linux a thread has a number of its own, which the call takes for a process.
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1))
    if (Number.isInteger(thread) && thread > 0) setPriority(thread, niceness)
  } catch {
    // It only works less politely.
  }
}
