const VARINT = 0
const BYTES = 2
const FLOAT32 = 5
const CONTINUES = 0x80n
const LOW_SEVEN_BITS = 0x7fn

const utf8 = new TextEncoder()

const varint = (value: bigint): Uint8Array => {
  const bytes: number[] = []
  // Negative numbers travel as their 64-bit two's complement.
  let rest = BigInt.asUintN(64, value)
  while (rest >= CONTINUES) {
    bytes.push(Number((rest & LOW_SEVEN_BITS) | CONTINUES))
    rest >>= 7n
  }
  bytes.push(Number(rest))
  return Uint8Array.from(bytes)
}

/**
 * Writes one protocol buffer message field by field, in the order of the calls. Only what ONNX files need.
 * @source protobuf.dev, "Encoding": varints, length-delimited fields, packed repeated numbers
 */
export class ProtobufMessage {
  readonly #parts: Uint8Array[] = []

  /** @param value signed 64-bit */
  int(field: number, value: number | bigint): this {
    return this.#tag(field, VARINT).#push(varint(BigInt(value)))
  }

  /** Repeated signed 64-bit integers, packed. */
  ints(field: number, values: readonly number[]): this {
    return this.bytes(field, join(values.map((value) => varint(BigInt(value)))))
  }

  float(field: number, value: number): this {
    const bytes = new Uint8Array(4)
    new DataView(bytes.buffer).setFloat32(0, value, true)
    return this.#tag(field, FLOAT32).#push(bytes)
  }

  text(field: number, value: string): this {
    return this.bytes(field, utf8.encode(value))
  }

  bytes(field: number, value: Uint8Array): this {
    return this.#tag(field, BYTES)
      .#push(varint(BigInt(value.length)))
      .#push(value)
  }

  message(field: number, value: ProtobufMessage): this {
    return this.bytes(field, value.finish())
  }

  /** The encoded message. */
  finish(): Uint8Array {
    return join(this.#parts)
  }

  #tag(field: number, wireType: number): this {
    return this.#push(varint(BigInt(field * 8 + wireType)))
  }

  #push(bytes: Uint8Array): this {
    this.#parts.push(bytes)
    return this
  }
}

const join = (parts: readonly Uint8Array[]): Uint8Array => {
  const whole = new Uint8Array(parts.reduce((total, part) => total + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
