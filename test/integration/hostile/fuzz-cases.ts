import fc, { type Arbitrary } from 'fast-check'
import { blackPng } from '../../unit/infra/pictures/make-pictures.ts'
import type { Document, Operation, Schema } from './openapi-document.ts'

/** Texts that have broken parsers, loggers, shells, paths and databases before. */
const NASTY_TEXTS: readonly string[] = [
  '',
  ' ',
  '\0',
  'a\0b',
  '../../../../etc/passwd',
  '%00',
  '%2e%2e%2f',
  '..%5c',
  "'; drop table job; --",
  '$' + '{jndi:ldap://127.0.0.1/a}',
  '{{7*7}}',
  '__proto__',
  'constructor',
  'toString',
  '\u202e\ufeff\u0000',
  '\ud800',
  '😀'.repeat(50),
  'ﬀ',
  'a'.repeat(10_000),
  '\r\nset-cookie: a=b',
  '\u001b[31mred',
  '{"level":"error"}',
  '-1',
  '1e400',
  'NaN',
  '2147483648',
  '9007199254740993',
  'null',
  '00000000-0000-0000-0000-000000000000',
  'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF',
  'data:image/jpeg;base64,AAAA',
  'http://169.254.169.254/latest/meta-data',
]
const NASTY_NAMES: readonly string[] = ['__proto__', 'constructor', 'prototype', 'tenant', 'hasOwnProperty', '', 'a.b']
const NASTY_NUMBERS: readonly number[] = [0, -0, -1, 1.5, 2 ** 31, 2 ** 53, 1e308, 5e-324, Number.MIN_SAFE_INTEGER]

export const nastyText: Arbitrary<string> = fc.oneof(
  fc.constantFrom(...NASTY_TEXTS),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
)

/** JSON as text: some of it cannot be made from a value, such as numbers over the range or a name given twice. */
const nested = (open: string, close: string) =>
  fc.integer({ min: 1, max: 5_000 }).map((depth) => open.repeat(depth) + close.repeat(depth))

const anything: Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  nastyText,
  fc.constantFrom(...NASTY_NUMBERS),
  fc.constantFrom(null, true, false, [], {}, [[]], [{}]),
)

/** A small one that is accepted: behind the check of pictures there is more to be reached. */
const PICTURE = blackPng(40, 40, 8)
const PICTURES: readonly string[] = [PICTURE.toString('base64'), '/9j/4AAQSkZJRg==', 'AAAA', '====', '!', '']

/** A value that fits its schema more or less: the right type most of the time, so that what lies behind it is reached. */
const fittingValue = (document: Document, raw: Schema, depth = 0): Arbitrary<unknown> => {
  const schema = document.resolve(raw)
  if (depth > 4) return anything
  const choices = schema.anyOf ?? schema.oneOf
  if (choices) return fc.oneof(...choices.map((one) => fittingValue(document, one, depth + 1)), anything)
  const fitting = (): Arbitrary<unknown> => {
    if (schema.enum) return fc.constantFrom(...schema.enum)
    if (schema.const !== undefined) return fc.constant(schema.const)
    switch (schema.type) {
      case 'object':
        return objectOf(document, schema.properties ?? {}, depth + 1)
      case 'array':
        return fc.array(fittingValue(document, schema.items ?? {}, depth + 1), { maxLength: 5 })
      case 'integer':
      case 'number':
        return fc.oneof(
          fc.integer({ min: schema.minimum ?? -10, max: schema.maximum ?? 100_000 }),
          fc.constantFrom(...NASTY_NUMBERS),
        )
      case 'boolean':
        return fc.boolean()
      default:
        return fc.oneof(fc.uuid(), nastyText, fc.constantFrom(...PICTURES))
    }
  }
  return fc.oneof({ weight: 5, arbitrary: fitting() }, { weight: 1, arbitrary: anything })
}

const objectOf = (document: Document, properties: Readonly<Record<string, Schema>>, depth: number) =>
  fc
    .tuple(
      fc.record(
        Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, fittingValue(document, one, depth)])),
        { requiredKeys: [] },
      ),
      fc.array(fc.tuple(fc.oneof(fc.constantFrom(...NASTY_NAMES), nastyText), anything), { maxLength: 2 }),
      fc.integer({ min: 0, max: 3 }),
    )
    // Own members all of them, `__proto__` too: a spread or an assignment would set the prototype instead.
    .map(([object, extra, chance]) => (chance > 0 ? object : Object.fromEntries([...Object.entries(object), ...extra])))

/** A body and what it claims to be; undefined = no body. */
export interface Body {
  readonly type: string | undefined
  readonly bytes: Buffer
}

const JSON_TYPES = ['application/json', 'application/json; charset=utf-16', 'APPLICATION/JSON', 'application/json;;']
const OTHER_TYPES = [
  'text/plain',
  '',
  ';',
  'image/jpeg',
  'application/x-www-form-urlencoded',
  'multipart/mixed',
  'a/b/c',
]

const damaged = (bytes: Arbitrary<Buffer>): Arbitrary<Buffer> =>
  fc
    .tuple(bytes, fc.double({ min: 0, max: 1, noNaN: true }), fc.uint8Array({ maxLength: 8 }))
    .map(([all, at, junk]) => {
      const place = Math.floor(all.length * at)
      return junk.length < 3
        ? all.subarray(0, place)
        : Buffer.concat([all.subarray(0, place), junk, all.subarray(place)])
    })

const jsonBody = (document: Document, schema: Schema, given: unknown): Arbitrary<Body> => {
  const text = fittingValue(document, schema).map((value) => Buffer.from(JSON.stringify(value) ?? ''))
  const example = fc.constant(Buffer.from(JSON.stringify(given ?? {})))
  const odd = fc
    .oneof(nested('[', ']'), nested('{"a":', '}'), fc.constantFrom('{"a":1,"a":2}', '[1e999]', '\ufeff{}', '{"a":01}'))
    .map((one) => Buffer.from(one))
  return fc.record({
    type: fc.oneof({ weight: 9, arbitrary: fc.constant('application/json') }, fc.constantFrom(...JSON_TYPES)),
    bytes: fc.oneof(
      { weight: 6, arbitrary: text },
      { weight: 3, arbitrary: example },
      { weight: 2, arbitrary: damaged(fc.oneof(text, example)) },
      odd,
    ),
  })
}

const BOUNDARY = 'edge'
const partHead = fc.record({
  disposition: fc.constantFrom('form-data', 'form-data', 'form-data', 'attachment', '', 'form-data;;;'),
  fileName: fc.option(fc.oneof(fc.constant('a.jpg'), nastyText), { nil: undefined }),
  type: fc.constantFrom(undefined, 'image/jpeg', 'image/svg+xml', 'multipart/mixed; boundary=edge', 'nonsense', ''),
  extra: fc.constantFrom('', 'content-transfer-encoding: base64\r\n', 'x: y\r\n'.repeat(50), ': \r\n', 'x\r\n'),
})

const file = (name: string): Buffer =>
  Buffer.concat([
    Buffer.from(`--${BOUNDARY}\r\ncontent-disposition: form-data; name="${name}"; filename="a"\r\n\r\n`),
    PICTURE,
    Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
  ])

/** Forms as no client would write them: names, nested and broken parts, missing ends, many parts. */
const formBody = (document: Document, { properties = {} }: Schema): Arbitrary<Body> => {
  const name = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...Object.keys(properties), 'x') },
    { weight: 1, arbitrary: fc.oneof(fc.constantFrom(...NASTY_NAMES), nastyText) },
  )
  const value = fc.oneof(
    fc.constant(PICTURE),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc
      .oneof(...Object.values(properties).map((one) => fittingValue(document, one)), nastyText)
      .map((one) => Buffer.from(String(typeof one === 'object' ? JSON.stringify(one) : one))),
  )
  const part = fc.tuple(name, value, partHead).map(([field, bytes, { disposition, fileName, type, extra }]) => {
    const file = fileName === undefined ? '' : `; filename="${fileName}"`
    const kind = type === undefined ? '' : `content-type: ${type}\r\n`
    const head = `--${BOUNDARY}\r\ncontent-disposition: ${disposition}; name="${field}"${file}\r\n${kind}${extra}\r\n`
    return Buffer.concat([Buffer.from(head), bytes, Buffer.from('\r\n')])
  })
  const whole = fc.tuple(fc.array(part, { maxLength: 4 }), fc.constantFrom(1, 1, 1, 1, 200)).map(([parts, times]) =>
    Buffer.concat([
      ...Array.from({ length: times }, () => parts)
        .flat()
        .slice(0, 300),
      Buffer.from(`--${BOUNDARY}--\r\n`),
    ]),
  )
  return fc.record({
    type: fc.constantFrom(
      ...Array.from({ length: 8 }, () => `multipart/form-data; boundary=${BOUNDARY}`),
      'multipart/form-data',
      'multipart/form-data; boundary=',
      'multipart/form-data; boundary=other',
      `multipart/form-data; boundary="${'b'.repeat(300)}"`,
    ),
    bytes: fc.oneof(
      { weight: 3, arbitrary: whole },
      { weight: 1, arbitrary: damaged(whole) },
      { weight: 1, arbitrary: fc.constantFrom(...Object.keys(properties)).map(file) },
    ),
  })
}

const anyBody: Arbitrary<Body> = fc.record({
  type: fc.constantFrom(undefined, ...OTHER_TYPES, ...JSON_TYPES),
  bytes: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
})

/** Any body at all for an operation, mostly of a type that it takes. */
export const bodyOf = (document: Document, { requestBody }: Operation): Arbitrary<Body | undefined> => {
  const content = requestBody?.content ?? {}
  const [json, form] = [content['application/json']?.schema, content['multipart/form-data']?.schema]
  return fc.oneof(
    ...(json
      ? [{ weight: 4, arbitrary: jsonBody(document, document.resolve(json), content['application/json']?.example) }]
      : []),
    ...(form ? [{ weight: 4, arbitrary: formBody(document, document.resolve(form)) }] : []),
    { weight: 1, arbitrary: anyBody },
    { weight: 1, arbitrary: fc.constant(undefined) },
  )
}
