import { describe, expect, it } from 'vitest'
import { ModelConversionError } from '../../../../../worker/models/export/errors.ts'
import { decodeWeights, halfToNumber } from '../../../../../worker/models/export/weights.ts'

describe('decodeWeights', () => {
  it('undoes the quantisation of whole numbers', () => {
    const quantization = { dtype: 'uint8', scale: 0.5, min: -1 }
    const weights = decodeWeights([{ name: 'w', shape: [3], dtype: 'float32', quantization }], Uint8Array.of(0, 2, 255))
    expect([...weights.get('w').data]).toEqual([-1, 0, 126.5])
  })

  it('reads entries one after the other, each in its own type', () => {
    const bytes = Buffer.alloc(4 + 2 + 4)
    bytes.writeInt32LE(-7, 0)
    bytes.writeUInt16LE(0xc000, 4)
    bytes.writeFloatLE(1.5, 6)
    const weights = decodeWeights(
      [
        { name: 'whole', shape: [1], dtype: 'int32' },
        { name: 'half', shape: [], dtype: 'float32', quantization: { dtype: 'float16' } },
        { name: 'full', shape: [1, 1], dtype: 'float32' },
      ],
      bytes,
    )
    expect(['whole', 'half', 'full'].map((name) => weights.get(name).data[0])).toEqual([-7, -2, 1.5])
    expect(weights.get('full').dims).toEqual([1, 1])
  })

  it.each([
    ['bytes that end early', [{ name: 'w', shape: [3], dtype: 'float32' }], 8, /end before "w"/],
    ['bytes that are left over', [{ name: 'w', shape: [1], dtype: 'float32' }], 5, /1 bytes of weights are left over/],
    ['a type it does not know', [{ name: 'w', shape: [1], dtype: 'complex64' }], 8, /"w" is of type complex64/],
  ])('refuses %s', (_, entries, length, message) => {
    const read = () => decodeWeights(entries, new Uint8Array(length))
    expect(read).toThrow(ModelConversionError)
    expect(read).toThrow(message)
  })

  it('names a weight that is not there', () => {
    expect(() => decodeWeights([], new Uint8Array()).get('fc')).toThrow(/no "fc"/)
  })
})

describe('halfToNumber', () => {
  it.each([
    [0x0000, 0],
    [0x3c00, 1],
    [0xc500, -5],
    [0x7bff, 65504],
    [0x0001, 2 ** -24],
    [0x83ff, -(1023 * 2 ** -24)],
    [0x7c00, Number.POSITIVE_INFINITY],
    [0xfc00, Number.NEGATIVE_INFINITY],
    [0x7e00, Number.NaN],
  ])('reads %i as %d', (bits, value) => {
    expect(halfToNumber(bits)).toBe(value)
  })
})
