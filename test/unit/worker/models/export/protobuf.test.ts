import { describe, expect, it } from 'vitest'
import { ProtobufMessage } from '../../../../../worker/models/export/protobuf.ts'

const hex = (message: ProtobufMessage): string => Buffer.from(message.finish()).toString('hex')

// Bytes as protobuf.dev's page "Encoding" gives them, or worked out by its rules.
describe('ProtobufMessage', () => {
  it.each([
    ['150 in field 1', new ProtobufMessage().int(1, 150), '089601'],
    ['a negative number as ten bytes', new ProtobufMessage().int(1, -2), '08feffffffffffffffff01'],
    ['a number beyond 53 bits', new ProtobufMessage().int(1, 2n ** 62n), '08808080808080808040'],
    ['text in field 2', new ProtobufMessage().text(2, 'testing'), '120774657374696e67'],
    ['text outside ASCII', new ProtobufMessage().text(1, 'ä'), '0a02c3a4'],
    ['a message inside field 3', new ProtobufMessage().message(3, new ProtobufMessage().int(1, 150)), '1a03089601'],
    ['packed numbers in field 6', new ProtobufMessage().ints(6, [3, 270, 86942]), '3206038e029ea705'],
    ['a float', new ProtobufMessage().float(2, 0.5), '150000003f'],
    ['a field number of two bytes', new ProtobufMessage().int(20, 7), 'a00107'],
    ['nothing', new ProtobufMessage(), ''],
  ])('writes %s', (_, message, bytes) => {
    expect(hex(message)).toBe(bytes)
  })
})
