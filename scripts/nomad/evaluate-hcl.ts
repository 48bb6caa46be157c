import { type Block, type Body, type Expression, HclInvalidError } from './hcl.ts'

/** A value of an attribute. */
export type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value }

/** A block with its values; what was dynamic is there as if it had been written out. */
export interface Part {
  readonly type: string
  readonly labels: readonly string[]
  readonly attributes: Readonly<Record<string, Value>>
  readonly parts: readonly Part[]
}

type Scope = Readonly<Record<string, Value>>

/** Nomad fills these in on the node where a task runs: they stay as they are written. */
const LATER = /^(node|attr|meta|env|NOMAD_[A-Z]+.*)$/

const isObject = (value: Value | undefined): value is { readonly [key: string]: Value } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const refuse = (why: string): never => {
  throw new HclInvalidError(why)
}

const asObject = (value: Value): { readonly [key: string]: Value } =>
  isObject(value) ? value : refuse('an object was expected')

/** Keys and values as HCL goes through them: objects by the order of their keys. */
const entriesOf = (value: Value): readonly (readonly [string | number, Value])[] =>
  Array.isArray(value)
    ? value.map((item: Value, index) => [index, item] as const)
    : Object.entries(asObject(value)).toSorted(([a], [b]) => (a < b ? -1 : 1))

const FUNCTIONS: Readonly<Record<string, (...args: readonly Value[]) => Value>> = {
  ceil: (number = 0) => Math.ceil(Number(number)),
  keys: (object = {}) => entriesOf(object).map(([key]) => String(key)),
  length: (items = []) => entriesOf(items).length,
  setproduct: (first = [], second = []) =>
    entriesOf(first).flatMap(([, one]) => entriesOf(second).map(([, other]) => [one, other])),
  join: (separator = '', items = []) =>
    entriesOf(items)
      .map(([, item]) => String(item))
      .join(String(separator)),
  merge: (...objects) => Object.assign({}, ...objects.map(asObject)) as Value,
  upper: (text = '') => String(text).toUpperCase(),
}

const follow = (value: Value | undefined, step: string | number, text: string): Value => {
  const next: Value | undefined = Array.isArray(value)
    ? value[Number(step)]
    : isObject(value) && Object.hasOwn(value, step)
      ? value[step]
      : undefined
  return next === undefined ? refuse(`there is no ${text}`) : next
}

const workOut = (expression: Expression, scope: Scope): Value => {
  switch (expression.kind) {
    case 'literal':
      return expression.value
    case 'list':
      return expression.items.map((item) => workOut(item, scope))
    case 'object':
      return Object.fromEntries(
        expression.entries.map(([key, value]) => [String(workOut(key, scope)), workOut(value, scope)]),
      )
    case 'template':
      return expression.parts.map((part) => (typeof part === 'string' ? part : String(workOut(part, scope)))).join('')
    case 'call': {
      const call = FUNCTIONS[expression.name] ?? refuse(`the function ${expression.name} is not known here`)
      return call(...expression.args.map((argument) => workOut(argument, scope)))
    }
    case 'quotient':
      return Number(workOut(expression.of, scope)) / Number(workOut(expression.by, scope))
    case 'for':
      return loop(expression, scope)
    case 'path': {
      const { root, steps, text } = expression
      if (LATER.test(root) && !(root in scope)) return `\${${text}}`
      const names = steps.map((step) => (typeof step === 'string' ? step : String(workOut(step, scope))))
      return [root, ...names].reduce<Value>((value, step) => follow(value, step, text), scope)
    }
  }
}

const loop = ({ names, of, key, value }: Expression & { kind: 'for' }, scope: Scope): Value => {
  const [first = '', second] = names
  const turns = entriesOf(workOut(of, scope)).map(([at, item]) => {
    const own = second === undefined ? { [first]: item } : { [first]: at, [second]: item }
    const inner = { ...scope, ...own }
    return [key && String(workOut(key, inner)), workOut(value, inner)] as const
  })
  return key ? Object.fromEntries(turns.map(([name = '', item]) => [name, item])) : turns.map(([, item]) => item)
}

const expand = (block: Block, scope: Scope): readonly Part[] => {
  const { type, labels, body } = block
  if (type !== 'dynamic') return [{ type, labels, ...partsOf(body, scope) }]
  const [name = ''] = labels
  const content = body.blocks.find((inner) => inner.type === 'content') ?? refuse(`dynamic ${name} has no content`)
  const each = body.attributes.get('for_each') ?? refuse(`dynamic ${name} has no for_each`)
  const named = body.attributes.get('labels')
  return entriesOf(workOut(each, scope)).map(([key, value]) => {
    const inner = { ...scope, [name]: { key, value } }
    const ownLabels = named === undefined ? [] : entriesOf(workOut(named, inner)).map(([, label]) => String(label))
    return { type: name, labels: ownLabels, ...partsOf(content.body, inner) }
  })
}

const partsOf = (body: Body, scope: Scope): Pick<Part, 'attributes' | 'parts'> => ({
  attributes: Object.fromEntries([...body.attributes].map(([name, value]) => [name, workOut(value, scope)])),
  parts: body.blocks.flatMap((block) => expand(block, scope)),
})

/** The values of a file that sets variables. @throws HclInvalidError */
export const evaluateVariables = (body: Body): Readonly<Record<string, Value>> => partsOf(body, {}).attributes

/**
 * Work a job file out with the variables given; what it declares with a default may be left out.
 * @throws HclInvalidError when a variable it needs is not given, or something is beyond this reader
 */
export const evaluateJob = (body: Body, given: Readonly<Record<string, Value>>): Part => {
  const declared = body.blocks.filter(({ type }) => type === 'variable')
  const variables = declared.map(({ labels: [name = ''], body: { attributes } }) => {
    const byDefault = attributes.get('default')
    if (given[name] !== undefined) return [name, given[name]] as const
    if (byDefault === undefined) return refuse(`the variable ${name} is not given`)
    return [name, workOut(byDefault, {})] as const
  })
  const job = body.blocks.find(({ type }) => type === 'job') ?? refuse('there is no job')
  return { type: job.type, labels: job.labels, ...partsOf(job.body, { var: Object.fromEntries(variables) }) }
}
