import { type Change, compareSchemas, type Direction, missing, type Schema } from './compare-schemas.ts'

interface Media {
  readonly schema?: Schema
}
type Content = Readonly<Record<string, Media>>
interface Parameter {
  readonly in: string
  readonly name: string
  readonly required?: boolean
  readonly schema?: Schema
}
interface Answer {
  readonly description?: string
  readonly headers?: Readonly<Record<string, { readonly schema?: Schema }>>
  readonly content?: Content
}
type Requirement = Readonly<Record<string, readonly string[]>>
interface Operation {
  readonly operationId?: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly required?: boolean; readonly content?: Content }
  readonly responses?: Readonly<Record<string, Answer>>
  readonly security?: readonly Requirement[]
}
type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>

/** The parts of an OpenAPI document that callers rely on. */
export interface ApiDocument {
  readonly paths?: Paths
  /** calls that Muster makes */
  readonly webhooks?: Paths
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> }
  readonly security?: readonly Requirement[]
}

/** Who makes what: callers of the api send bodies and read answers; a webhook is the other way round. */
interface Sides {
  readonly sent: Direction
  readonly answered: Direction
}
const CALLS: Sides = { sent: 'send', answered: 'read' }
const WEBHOOKS: Sides = { sent: 'read', answered: 'send' }

const SUCCESS = /^[23]/
const CODE = /`([A-Z][A-Z0-9_]+)`/g

const operationsOf = (paths: Paths = {}): ReadonlyMap<string, Operation> =>
  new Map(
    Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const),
    ),
  )

/** Error codes with their statuses, wherever an operation names them. */
const codesOf = (document: ApiDocument): ReadonlySet<string> =>
  new Set(
    [...operationsOf(document.paths).values()].flatMap(({ responses = {} }) =>
      Object.entries(responses).flatMap(([status, { description = '' }]) =>
        SUCCESS.test(status) ? [] : [...description.matchAll(CODE)].map(([, code]) => `${status} ${code}`),
      ),
    ),
  )

const refsOf = (document: ApiDocument) => {
  const prefix = '#/components/schemas/'
  return (ref: string): Schema | undefined =>
    ref.startsWith(prefix) ? document.components?.schemas?.[ref.slice(prefix.length)] : undefined
}

type Compare = (
  before: Schema | undefined,
  now: Schema | undefined,
  at: string,
  direction: Direction,
) => readonly Change[]

/** Members of two records side by side: `gone`, `added` or `both` tells what a pair means. */
const sideBySide = <T>(
  before: Readonly<Record<string, T>>,
  now: Readonly<Record<string, T>>,
  judge: (name: string, was: T | undefined, is: T | undefined) => readonly Change[],
): readonly Change[] =>
  [...new Set([...Object.keys(before), ...Object.keys(now)])].flatMap((name) => judge(name, before[name], now[name]))

const compareContent = (before: Content, now: Content, at: string, direction: Direction, compare: Compare) =>
  sideBySide(before, now, (type, was, is) => {
    if (!was) return [{ breaking: false, at, what: `${type} is new` }]
    if (!is) return [{ breaking: true, at, what: `${type} is gone` }]
    return compare(was.schema, is.schema, `${at} ${type} `, direction)
  })

const byPlace = (parameters: readonly Parameter[] = []): Readonly<Record<string, Parameter>> =>
  Object.fromEntries(parameters.map((each) => [`${each.in} ${each.name.toLowerCase()}`, each]))

const compareParameters = (before: Operation, now: Operation, at: string, { sent }: Sides, compare: Compare) =>
  sideBySide(byPlace(before.parameters), byPlace(now.parameters), (name, was, is) => {
    const place = `${at} ${name}`
    if (!is) return [{ breaking: true, at: place, what: 'the parameter is gone' }]
    if (!was) {
      const breaking = sent === 'send' && is.required === true
      return [{ breaking, at: place, what: breaking ? 'a new parameter that is required' : 'a new parameter' }]
    }
    const stricter = is.required === true && was.required !== true
    const looser = was.required === true && is.required !== true
    return [
      ...(stricter ? [{ breaking: sent === 'send', at: place, what: 'it is required now' }] : []),
      ...(looser ? [{ breaking: sent === 'read', at: place, what: 'it may be missing now' }] : []),
      ...compare(was.schema, is.schema, `${place} `, sent),
    ]
  })

const compareBodies = (before: Operation, now: Operation, at: string, { sent }: Sides, compare: Compare) => {
  const [was, is, place] = [before.requestBody, now.requestBody, `${at} body`]
  if (!was && !is) return []
  if (!was) {
    const breaking = is?.required === true
    return [{ breaking, at: place, what: breaking ? 'a new body that is required' : 'a new body' }]
  }
  if (!is) return [{ breaking: true, at: place, what: 'the body is gone' }]
  const differs = (was.required === true) !== (is.required === true)
  const stricter = is.required === true
  return [
    ...(differs
      ? [
          {
            breaking: stricter === (sent === 'send'),
            at: place,
            what: stricter ? 'it is required now' : 'it may be missing now',
          },
        ]
      : []),
    ...compareContent(was.content ?? {}, is.content ?? {}, place, sent, compare),
  ]
}

/** An error that cannot happen any more harms nobody; its code must not go from the whole document. */
const compareAnswers = (before: Operation, now: Operation, at: string, { answered }: Sides, compare: Compare) =>
  sideBySide(before.responses ?? {}, now.responses ?? {}, (status, was, is) => {
    const place = `${at} ${status}`
    if (!was) return [{ breaking: SUCCESS.test(status), at: place, what: 'a new answer' }]
    if (!is) return [{ breaking: SUCCESS.test(status), at: place, what: 'the answer is gone' }]
    const headers = sideBySide(was.headers ?? {}, is.headers ?? {}, (name, old, fresh) => {
      if (!old || !fresh)
        return [{ breaking: !fresh, at: `${place} ${name}`, what: `the header is ${fresh ? 'new' : 'gone'}` }]
      return compare(old.schema, fresh.schema, `${place} ${name} `, answered)
    })
    return [...headers, ...compareContent(was.content ?? {}, is.content ?? {}, place, answered, compare)]
  })

/** A key with the rights of one of the requirements is enough. @returns whether each of `a` is enough for `b` */
const enough = (a: readonly Requirement[], b: readonly Requirement[]): boolean =>
  b.length === 0 ||
  (a.length > 0 &&
    a.every((has) =>
      b.some(
        (wants) =>
          Object.entries(wants).every(([scheme, scopes]) =>
            scopes.every((scope) => has[scheme]?.includes(scope) ?? false),
          ) && Object.keys(wants).every((scheme) => scheme in has),
      ),
    ))

const compareOperations = (
  [before, now]: readonly [Operation, Operation],
  [lastly, presently]: readonly [ApiDocument, ApiDocument],
  at: string,
  sides: Sides,
  compare: Compare,
): readonly Change[] => {
  const [had, wants] = [before.security ?? lastly.security ?? [], now.security ?? presently.security ?? []]
  const differs = JSON.stringify(had) !== JSON.stringify(wants)
  return [
    ...(before.operationId === now.operationId
      ? []
      : [{ breaking: true, at, what: 'another operationId: generated clients name their calls by it' }]),
    ...(differs ? [{ breaking: !enough(had, wants), at, what: 'another permission is needed' }] : []),
    ...compareParameters(before, now, at, sides, compare),
    ...compareBodies(before, now, at, sides, compare),
    ...compareAnswers(before, now, at, sides, compare),
  ]
}

/**
 * Every difference between two OpenAPI documents that callers can notice, each with its place. Words for people are not
 * compared. Pure.
 * @source the rules are those of oasdiff, where this project needs them
 */
export const compareDocuments = (before: ApiDocument, now: ApiDocument): readonly Change[] => {
  const refs = { before: refsOf(before), now: refsOf(now) }
  const compare: Compare = (was, is, at, direction) =>
    compareSchemas(was ?? true, is ?? true, at, { direction, ...refs })
  const sections = [
    [before.paths, now.paths, '', CALLS],
    [before.webhooks, now.webhooks, 'webhook ', WEBHOOKS],
  ] as const
  const changes = sections.flatMap(([lastly, presently, prefix, sides]) =>
    sideBySide<Operation>(
      Object.fromEntries(operationsOf(lastly)),
      Object.fromEntries(operationsOf(presently)),
      (name, was, is) => {
        const at = `${prefix}${name}`
        if (!was) return [{ breaking: false, at, what: 'it is new' }]
        if (!is) return [{ breaking: true, at, what: 'it is gone' }]
        return compareOperations([was, is], [before, now], at, sides, compare)
      },
    ),
  )
  const [had, has] = [codesOf(before), codesOf(now)]
  const codes = [
    ...missing(had, has).map((at) => ({ breaking: true, at, what: 'the error code is gone' })),
    ...missing(has, had).map((at) => ({ breaking: false, at, what: 'the error code is new' })),
  ]
  return [...changes, ...codes]
}
