/** Something that differs between what was promised and what is promised now. */
export interface Change {
  /** what worked before may fail now */
  readonly breaking: boolean
  /** where, as a reader of the document finds it */
  readonly at: string
  readonly what: string
}

/** Who makes the values a schema is about: callers `send` them, or they `read` them. */
export type Direction = 'send' | 'read'

/** A JSON schema out of a document; nothing is known of it before one looks. */
export type Schema = boolean | { readonly [keyword: string]: unknown }

/** What a comparison is made in. */
export interface Setting {
  readonly direction: Direction
  /** the target of a `$ref` in the document of before, or of now */
  readonly before: (ref: string) => Schema | undefined
  readonly now: (ref: string) => Schema | undefined
}

type Members = Readonly<Record<string, Schema>>

/** Words for people; no value fails by them. */
const ANNOTATIONS: ReadonlySet<string> = new Set(
  'title description example examples deprecated $id $comment externalDocs contentMediaType'.split(' '),
)
const LOWER: ReadonlySet<string> = new Set(
  'minimum exclusiveMinimum minLength minItems minProperties minContains'.split(' '),
)
const UPPER: ReadonlySet<string> = new Set(
  'maximum exclusiveMaximum maxLength maxItems maxProperties maxContains'.split(' '),
)
/** Looked at by rules of their own. */
const STRUCTURE: ReadonlySet<string> = new Set(
  'type enum const properties required additionalProperties items anyOf oneOf default $ref'.split(' '),
)
const TYPES = ['null', 'boolean', 'object', 'array', 'string', 'integer', 'number']

/** @param named its keys are names somebody gave, not keywords */
const inOrder = (value: unknown, named = false): unknown => {
  if (Array.isArray(value)) return value.map((member) => inOrder(member))
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(([key]) => named || !ANNOTATIONS.has(key))
  const sorted = kept.sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(sorted.map(([key, member]) => [key, inOrder(member, !named && key === 'properties')]))
}

/** With keys in order and without words for people: equal texts allow equal values. */
const canonical = (value: unknown): string => JSON.stringify(inOrder(value)) ?? 'undefined'

/** What is in `of` and not in `from`. */
export const missing = (of: ReadonlySet<string>, from: ReadonlySet<string>): readonly string[] =>
  [...of].filter((one) => !from.has(one))

const asObject = (schema: Schema): { readonly [keyword: string]: unknown } =>
  schema === true ? {} : schema === false ? { not: {} } : schema

/** An integer is a number: who takes numbers takes both. */
const typesOf = (type: unknown): ReadonlySet<string> => {
  const named = type === undefined ? TYPES : [type].flat().map(String)
  return new Set(named.includes('number') ? [...named, 'integer'] : named)
}

const valuesOf = (schema: { readonly [keyword: string]: unknown }): ReadonlySet<string> | undefined => {
  if ('const' in schema) return new Set([canonical(schema.const)])
  return Array.isArray(schema.enum) ? new Set(schema.enum.map(canonical)) : undefined
}

const branchesOf = (schema: { readonly [keyword: string]: unknown }): readonly Schema[] | undefined =>
  (schema.oneOf ?? schema.anyOf) as readonly Schema[] | undefined

/** One walk over two schemas side by side. */
class Comparison {
  readonly changes: Change[] = []
  readonly #setting: Setting
  readonly #underWay = new Set<string>()

  constructor(setting: Setting) {
    this.#setting = setting
  }

  compare(before: Schema, now: Schema, at: string): void {
    const refs = [before, now].map((schema) => (typeof schema === 'object' ? String(schema.$ref ?? '') : ''))
    const pair = refs.join(' ')
    // A schema that holds itself has been compared one level up.
    if (refs.some(Boolean) && this.#underWay.has(pair)) return
    this.#underWay.add(pair)
    const [was, is] = [this.#follow(before, this.#setting.before), this.#follow(now, this.#setting.now)]
    if (canonical(was) !== canonical(is) || refs.some(Boolean)) this.#compareObjects(was, is, at)
    this.#underWay.delete(pair)
  }

  #follow(schema: Schema, resolve: (ref: string) => Schema | undefined): { readonly [keyword: string]: unknown } {
    const { $ref, ...rest } = asObject(schema)
    if (typeof $ref !== 'string') return rest
    return { ...asObject(resolve($ref) ?? { unresolved: $ref }), ...rest }
  }

  #compareObjects(
    before: { readonly [keyword: string]: unknown },
    now: { readonly [keyword: string]: unknown },
    at: string,
  ): void {
    this.#sets(typesOf(before.type), typesOf(now.type), at, 'type')
    this.#values(valuesOf(before), valuesOf(now), at)
    for (const keyword of new Set([...Object.keys(before), ...Object.keys(now)]))
      if (!STRUCTURE.has(keyword) && !ANNOTATIONS.has(keyword)) this.#limit(keyword, before[keyword], now[keyword], at)
    if (canonical(before.default) !== canonical(now.default)) this.#either(at, 'another default')
    this.#members(before, now, at)
    if ('items' in before || 'items' in now)
      this.compare((before.items ?? true) as Schema, (now.items ?? true) as Schema, `${at}/*`)
    this.#branches(before, now, at)
  }

  /** A keyword that only ever forbids: one more forbids more. */
  #limit(keyword: string, before: unknown, now: unknown, at: string): void {
    if (canonical(before) === canonical(now)) return
    if (before === undefined) this.#narrower(at, `${keyword} is new`)
    else if (now === undefined) this.#wider(at, `${keyword} is gone`)
    else if (LOWER.has(keyword) || UPPER.has(keyword)) {
      const stricter = UPPER.has(keyword) ? Number(now) < Number(before) : Number(now) > Number(before)
      const what = `${keyword} is ${String(now)}, was ${String(before)}`
      if (stricter) this.#narrower(at, what)
      else this.#wider(at, what)
    } else this.#either(at, `another ${keyword}`)
  }

  #sets(before: ReadonlySet<string>, now: ReadonlySet<string>, at: string, name: string): void {
    for (const one of missing(before, now)) this.#narrower(at, `${name} ${one} is gone`)
    for (const one of missing(now, before)) this.#wider(at, `${name} ${one} is new`)
  }

  #values(before: ReadonlySet<string> | undefined, now: ReadonlySet<string> | undefined, at: string): void {
    if (before && now) this.#sets(before, now, at, 'value')
    else if (now) this.#narrower(at, 'only some values are left')
    else if (before) this.#wider(at, 'any value')
  }

  #members(
    before: { readonly [keyword: string]: unknown },
    now: { readonly [keyword: string]: unknown },
    at: string,
  ): void {
    const [were, are] = [(before.properties ?? {}) as Members, (now.properties ?? {}) as Members]
    const requiredOf = (schema: { readonly [keyword: string]: unknown }) =>
      new Set((schema.required ?? []) as readonly string[])
    const [needed, needs] = [requiredOf(before), requiredOf(now)]
    for (const name of new Set([...Object.keys(were), ...Object.keys(are), ...needed, ...needs])) {
      const [was, is, place] = [were[name], are[name], `${at}/${name}`]
      if (was === undefined && is !== undefined) {
        const breaks = this.#setting.direction === 'send' && needs.has(name)
        this.#add(breaks, place, breaks ? 'a new member that is required' : 'a new member')
      } else if (was !== undefined && is === undefined) this.#add(true, place, 'the member is gone')
      else {
        if (needs.has(name) && !needed.has(name)) this.#narrower(place, 'the member is required now')
        if (needed.has(name) && !needs.has(name)) this.#wider(place, 'the member may be missing now')
        if (was !== undefined && is !== undefined) this.compare(was, is, place)
      }
    }
    this.#others(before.additionalProperties ?? true, now.additionalProperties ?? true, at)
  }

  /** Readers pass over members they do not know; that there may be some is no news to them. */
  #others(before: unknown, now: unknown, at: string): void {
    if (canonical(before) === canonical(now)) return
    const open = [before, now].some((schema) => typeof schema === 'boolean')
    if (!open) this.compare(before as Schema, now as Schema, `${at}/*`)
    else if (this.#setting.direction === 'read') this.#add(false, at, 'other members')
    else if (before === true || now === false) this.#narrower(at, 'other members are refused')
    else this.#wider(at, 'other members are taken')
  }

  #branches(
    before: { readonly [keyword: string]: unknown },
    now: { readonly [keyword: string]: unknown },
    at: string,
  ): void {
    const [were, are] = [branchesOf(before), branchesOf(now)]
    if (were === undefined && are !== undefined) this.#narrower(at, 'one of several forms is wanted')
    if (were !== undefined && are === undefined) this.#wider(at, 'any form')
    if (were === undefined || are === undefined) return
    const [old, fresh] = [new Set(were.map(canonical)), new Set(are.map(canonical))]
    const gone = were.filter((branch) => !fresh.has(canonical(branch)))
    const added = are.filter((branch) => !old.has(canonical(branch)))
    for (const [index, branch] of gone.entries()) {
      const counterpart = added[index]
      if (counterpart === undefined) this.#narrower(at, 'a form is gone')
      else this.compare(branch, counterpart, `${at}(${were.indexOf(branch) + 1})`)
    }
    for (const _ of added.slice(gone.length)) this.#wider(at, 'a new form')
  }

  #narrower(at: string, what: string): void {
    this.#add(this.#setting.direction === 'send', at, what)
  }
  #wider(at: string, what: string): void {
    this.#add(this.#setting.direction === 'read', at, what)
  }
  /** What cannot be told to be narrower or wider. */
  #either(at: string, what: string): void {
    this.#add(true, at, what)
  }
  #add(breaking: boolean, at: string, what: string): void {
    this.changes.push({ breaking, at, what })
  }
}

/**
 * Every difference between two JSON schemas, judged for those who send or read values of them: who sends must not find
 * less allowed, who reads must not find more. A keyword nobody here knows only ever forbids, as JSON Schema's do.
 * @param at where the schemas stand
 */
export const compareSchemas = (before: Schema, now: Schema, at: string, setting: Setting): readonly Change[] => {
  const comparison = new Comparison(setting)
  comparison.compare(before, now, at)
  return comparison.changes
}
