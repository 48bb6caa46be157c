import { writeSync } from 'node:fs'
import type { ReadStream, WriteStream } from 'node:tty'
import { type Line, toAnsi } from './line.ts'

/** The terminal, as long as a picture is on it. */
export interface Screen {
  readonly size: () => { readonly columns: number; readonly rows: number }
  draw(lines: readonly Line[]): void
  /** give the terminal back as it was, and stop until the shell says to go on */
  suspend(): void
  /** Give the terminal back as it was. Said twice, nothing more happens. */
  close(): void
}

/** Who is told. */
export interface ScreenEvents {
  /** bytes of presses */
  readonly onPress: (bytes: string) => void
  /** what is on it is not what should be: it has another size, or was somebody else's meanwhile */
  readonly onStale: () => void
  /** the terminal or the shell wants it to end */
  readonly onEnd: () => void
}

// Another screen, so that what stood there comes back; no cursor; lines that are too long are cut, not wrapped.
const TAKE = '\x1b[?1049h\x1b[?25l\x1b[?7l'
const GIVE_BACK = '\x1b[?7h\x1b[?25h\x1b[?1049l'
const ENDS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const DEFAULT_SIZE = { columns: 80, rows: 24 }

/** Take the terminal. It is given back on every way out of the process, an error nobody caught too. */
export const openScreen = (
  input: ReadStream,
  output: WriteStream & { readonly fd: number },
  events: ScreenEvents,
): Screen => {
  let taken = false
  const take = (): void => {
    input.setRawMode(true)
    input.resume()
    output.write(TAKE)
    taken = true
  }
  const giveBack = (write: (text: string) => void): void => {
    if (!taken) return
    taken = false
    write(GIVE_BACK)
    input.setRawMode(false)
    input.pause()
  }
  const onData = (bytes: Buffer): void => events.onPress(bytes.toString('utf8'))
  // A process that exits writes nothing any more, unless it does so at once.
  const onExit = (): void =>
    giveBack((text) => {
      try {
        writeSync(output.fd, text)
      } catch {
        // The terminal is gone: there is nothing to give back.
      }
    })
  const suspend = (): void => {
    giveBack((text) => output.write(text))
    process.kill(process.pid, 'SIGSTOP')
  }
  const onContinue = (): void => {
    if (!taken) take()
    events.onStale()
  }
  const { onStale, onEnd } = events
  input.on('data', onData).on('end', onEnd).on('error', onEnd)
  output.on('resize', onStale).on('error', onEnd)
  process.on('exit', onExit).on('SIGTSTP', suspend).on('SIGCONT', onContinue)
  for (const signal of ENDS) process.on(signal, onEnd)
  take()
  return {
    size: () => ({ columns: output.columns || DEFAULT_SIZE.columns, rows: output.rows || DEFAULT_SIZE.rows }),
    draw(lines) {
      if (taken) output.write(`\x1b[H${lines.map((line) => `${toAnsi(line)}\x1b[0m\x1b[K`).join('\r\n')}\x1b[J`)
    },
    suspend,
    close() {
      giveBack((text) => output.write(text))
      input.off('data', onData).off('end', onEnd)
      output.off('resize', onStale)
      process.off('exit', onExit).off('SIGTSTP', suspend).off('SIGCONT', onContinue)
      for (const signal of ENDS) process.off(signal, onEnd)
    },
  }
}
