import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createEventParser } from '../../../../../../autoscaler/console/page/state/event-parser.ts'

const STREAM = [
  ': a comment\n',
  'retry: 2000\n\n',
  'event: pools\nid: 7\ndata: {"pools":\ndata: []}\n\n',
  'data:no space\r\n\r\n',
  'event: empty\n\n',
  'id\nevent:ping\rdata: é…\r\r',
  'event: unfinished\ndata: x',
].join('')
const EVENTS = [
  { type: 'pools', data: '{"pools":\n[]}', id: '7' },
  { type: 'message', data: 'no space', id: '7' },
  { type: 'ping', data: 'é…', id: '' },
]

it('reads the same events wherever the stream is cut', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(STREAM.length), { maxLength: 30 }), (cuts) => {
      const waits: number[] = []
      const parser = createEventParser((ms) => waits.push(ms))
      const at = [0, ...cuts.toSorted((a, b) => a - b), STREAM.length]
      const pieces = at.slice(1).map((end, index) => STREAM.slice(at[index], end))
      expect(pieces.flatMap((piece) => [...parser.push(piece)])).toEqual(EVENTS)
      expect(waits).toEqual([2_000])
    }),
  )
})

it('bears whatever it is sent', () => {
  const pieces = fc.array(
    fc.string({ unit: fc.constantFrom('\r', '\n', ':', ' ', 'é', '\0', 'data', 'event', 'id', 'retry', '7') }),
    { maxLength: 10 },
  )
  fc.assert(
    fc.property(pieces, (sent) => {
      const parser = createEventParser()
      expect(sent.flatMap((piece) => [...parser.push(piece)]).filter(({ type }) => type === '')).toEqual([])
    }),
  )
})
