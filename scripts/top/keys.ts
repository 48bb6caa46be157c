/** What a person does with the picture. */
export interface Chosen {
  /** which pool (index) */
  readonly chosen: number
  /** its hops are shown */
  readonly open: boolean
}

/** What a press means. */
export type Pressed = Chosen | 'quit' | 'suspend'

/** One press each; an escape sequence is one. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a terminal sends
const PRESS = /\x1b\[[0-9;]*[A-Za-z~]|\x1bO[A-Z]|[\s\S]/gu

type Move = (now: Chosen, poolCount: number) => Chosen

const by =
  (step: number): Move =>
  ({ chosen, open }, poolCount) => ({
    chosen: poolCount === 0 ? 0 : (chosen + step + poolCount) % poolCount,
    open,
  })
const opened =
  (open: boolean): Move =>
  ({ chosen }) => ({ chosen, open })
const toggled: Move = ({ chosen, open }) => ({ chosen, open: !open })

const MOVES: Readonly<Record<string, Move>> = {
  '\x1b[A': by(-1),
  '\x1bOA': by(-1),
  k: by(-1),
  '\x1b[Z': by(-1),
  '\x1b[B': by(1),
  '\x1bOB': by(1),
  j: by(1),
  '\t': by(1),
  '\x1b[C': opened(true),
  '\x1bOC': opened(true),
  '\x1b[D': opened(false),
  '\x1bOD': opened(false),
  '\x1b': opened(false),
  '\r': toggled,
  '\n': toggled,
  ' ': toggled,
}
/** q, Ctrl-C, Ctrl-D */
const QUIT = new Set(['q', 'Q', '\x03', '\x04'])
const SUSPEND = '\x1a'

/** What the bytes of a terminal mean, several presses at once too. Pure. What means nothing changes nothing. */
export const press = (bytes: string, now: Chosen, poolCount: number): Pressed => {
  let chosen = now
  for (const [one] of bytes.matchAll(PRESS)) {
    if (QUIT.has(one)) return 'quit'
    if (one === SUSPEND) return 'suspend'
    chosen = MOVES[one]?.(chosen, poolCount) ?? chosen
  }
  return chosen
}
