/** One event of a stream. */
export interface StreamEvent {
  readonly type: string
  readonly data: string
  /** what to ask for after a break; '' = none was told */
  readonly id: string
}

/** What a stream said so far that concerns the connection itself. */
export interface EventParser {
  /** Take the next piece of text, wherever it was cut. @returns the events that are complete with it */
  push(text: string): readonly StreamEvent[]
}

/**
 * Reads `text/event-stream` from pieces of any length. The browser's own reader cannot send a key.
 * @param onRetry the server says how long to wait before coming back (ms)
 * @source WHATWG HTML, section 9.2.6
 */
export const createEventParser = (onRetry: (ms: number) => void = () => {}): EventParser => {
  let rest = ''
  let [type, id] = ['', '']
  let data: string[] = []

  const field = (name: string, text: string): void => {
    if (name === 'event') type = text
    if (name === 'data') data.push(text)
    if (name === 'id' && !text.includes('\0')) id = text
    if (name === 'retry' && /^\d+$/.test(text)) onRetry(Number(text))
  }
  const dispatch = (): readonly StreamEvent[] => {
    const event = { type: type || 'message', data: data.join('\n'), id }
    const isEmpty = data.length === 0
    type = ''
    data = []
    return isEmpty ? [] : [event]
  }
  const line = (text: string): readonly StreamEvent[] => {
    if (text === '') return dispatch()
    const colon = text.indexOf(':')
    if (colon < 0) field(text, '')
    else field(text.slice(0, colon), text.slice(colon + 1).replace(/^ /, ''))
    return []
  }

  return {
    push(text) {
      const all = rest + text
      // A carriage return at the very end may be half of a line's end.
      const cut = all.endsWith('\r') ? all.length - 1 : all.length
      const lines = all.slice(0, cut).split(/\r\n|\n|\r/)
      rest = (lines.pop() ?? '') + all.slice(cut)
      return lines.flatMap(line)
    },
  }
}
