import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareSchemas, type Direction, type Schema } from '../../../../scripts/release/compare-schemas.ts'

const nothing = () => undefined
const compare = (before: Schema, now: Schema, direction: Direction) =>
  compareSchemas(before, now, '', { direction, before: nothing, now: nothing })
const breaks = (before: Schema, now: Schema, direction: Direction): boolean =>
  compare(before, now, direction).some(({ breaking }) => breaking)

type ObjectSchema = {
  readonly type: 'object'
  readonly properties: Readonly<Record<string, Schema>>
  readonly required: readonly string[]
  readonly additionalProperties: boolean
}

/** Also names that are keywords elsewhere. */
const names = fc.constantFrom('a', 'b', 'title', 'type', 'required', 'description')
const leaf: fc.Arbitrary<Schema> = fc.oneof(
  fc.record({ type: fc.constant('string'), minLength: fc.nat(5), maxLength: fc.integer({ min: 5, max: 20 }) }),
  fc.record({ type: fc.constantFrom('integer', 'number'), minimum: fc.integer() }),
  fc.record({ enum: fc.uniqueArray(fc.constantFrom('x', 'y', 'z'), { minLength: 1 }) }),
  fc.constant({ type: ['string', 'null'] }),
)
const { schema } = fc.letrec<{ schema: Schema; object: Schema }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3 },
    leaf,
    tie('object'),
    fc.record({ type: fc.constant('array'), items: tie('schema') }),
  ),
  object: fc
    .tuple(fc.dictionary(names, tie('schema'), { maxKeys: 4 }), fc.boolean(), fc.func(fc.boolean()))
    .map(([properties, open, isRequired]) => ({
      type: 'object' as const,
      properties,
      required: Object.keys(properties).filter((name) => isRequired(name)),
      additionalProperties: open,
    })),
}))
const closedObject = fc.dictionary(names, schema, { maxKeys: 4 }).map(
  (properties): ObjectSchema => ({
    ...{ type: 'object', properties, required: [], additionalProperties: false },
  }),
)
const direction = fc.constantFrom<Direction>('send', 'read')
const other = (of: Direction): Direction => (of === 'send' ? 'read' : 'send')

/** One change that takes something from those who send. */
const narrowing: fc.Arbitrary<readonly [Schema, Schema]> = fc.oneof(
  fc.tuple(fc.nat(50), fc.integer({ min: 1, max: 50 })).map(
    ([from, more]) =>
      [
        { type: 'string', minLength: from },
        { type: 'string', minLength: from + more },
      ] as const,
  ),
  fc.tuple(fc.nat(50), fc.integer({ min: 1, max: 50 })).map(
    ([to, more]) =>
      [
        { type: 'integer', maximum: to + more },
        { type: 'integer', maximum: to },
      ] as const,
  ),
  fc.constantFrom(
    [{ enum: ['a', 'b'] }, { enum: ['a'] }] as const,
    [{ type: 'number' }, { type: 'integer' }] as const,
    [{ type: ['string', 'null'] }, { type: 'string' }] as const,
    [{ type: 'string' }, { type: 'string', pattern: '^a' }] as const,
    [{}, { type: 'string' }] as const,
    [true, false] as const,
    [{ anyOf: [{ type: 'string' }, { type: 'null' }] }, { anyOf: [{ type: 'string' }] }] as const,
    [{ items: { maxLength: 9 } }, { items: { maxLength: 8 } }] as const,
    [
      { properties: { a: { type: 'string' } }, additionalProperties: false },
      { properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false },
    ] as const,
  ),
)

describe('two schemas', () => {
  it('that are one have no difference', () => {
    fc.assert(
      fc.property(schema, direction, (one, who) => {
        expect(compare(one, structuredClone(one), who)).toEqual([])
      }),
    )
  })

  it('that differ in words only have no difference', () => {
    const before = { type: 'object', description: 'a', properties: { title: { type: 'string', title: 'b' } } }
    const now = { description: 'c', properties: { title: { type: 'string', examples: [1] } }, type: 'object' }
    expect(compare(before, now, 'send')).toEqual([])
  })

  it('are at peace when an optional member is new', () => {
    fc.assert(
      fc.property(closedObject, schema, direction, (before, member, who) => {
        const now = { ...before, properties: { ...before.properties, fresh: member } }
        expect(compare(before, now, who)).toEqual([{ breaking: false, at: '/fresh', what: 'a new member' }])
      }),
    )
  })

  it('are at odds when a member is gone, whoever looks', () => {
    fc.assert(
      fc.property(closedObject, schema, direction, (now, member, who) => {
        const before = { ...now, properties: { ...now.properties, old: member } }
        expect(compare(before, now, who)).toEqual([{ breaking: true, at: '/old', what: 'the member is gone' }])
      }),
    )
  })

  it('break one side exactly where they give to the other', () => {
    fc.assert(
      fc.property(narrowing, direction, ([wide, narrow], who) => {
        expect(breaks(wide, narrow, who)).toBe(who === 'send')
        expect(breaks(narrow, wide, who)).toBe(who === 'read')
        expect(breaks(wide, narrow, who)).toBe(!breaks(wide, narrow, other(who)))
        expect(compare(narrow, wide, who)).toHaveLength(compare(wide, narrow, who).length)
      }),
    )
  })

  it('differ at the same places whichever is the older one', () => {
    const places = (before: Schema, now: Schema) =>
      [...new Set(compare(before, now, 'read').map(({ at }) => at))].sort()
    fc.assert(
      fc.property(schema, schema, (one, two) => {
        expect(places(one, two)).toEqual(places(two, one))
      }),
    )
  })
})

describe('a required member', () => {
  const [without, withIt] = [
    { properties: {}, additionalProperties: false },
    { properties: { a: {} }, required: ['a'], additionalProperties: false },
  ]
  it('that is new breaks those who send, not those who read', () => {
    expect(breaks(without, withIt, 'send')).toBe(true)
    expect(breaks(without, withIt, 'read')).toBe(false)
  })
})

describe('a reference', () => {
  const at = (target: Schema) => (ref: string) => (ref === '#/Node' ? target : undefined)
  const look = (before: Schema, now: Schema) =>
    compareSchemas({ $ref: '#/Node' }, { $ref: '#/Node' }, '', { direction: 'send', before: at(before), now: at(now) })

  it('is looked behind', () => {
    expect(look({ maxLength: 5 }, { maxLength: 4 })).toEqual([
      { breaking: true, at: '', what: 'maxLength is 4, was 5' },
    ])
  })

  it('to itself ends', () => {
    const node = (maxLength: number) => ({ properties: { name: { maxLength }, child: { $ref: '#/Node' } } })
    expect(look(node(5), node(5))).toEqual([])
    expect(look(node(5), node(6))).toEqual([{ breaking: false, at: '/name', what: 'maxLength is 6, was 5' }])
  })
})

it('a keyword nobody here knows forbids', () => {
  expect(breaks({}, { propertyNames: { pattern: 'a' } }, 'send')).toBe(true)
  expect(breaks({ propertyNames: { pattern: 'a' } }, {}, 'send')).toBe(false)
  expect(breaks({ format: 'uuid' }, { format: 'email' }, 'read')).toBe(true)
})
