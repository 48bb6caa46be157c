import { isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument, type YAMLMap } from 'yaml'
import { AppError } from '../../infra/domain/errors.ts'
import type { Trigger } from '../../infra/domain/trigger.ts'
import { parseTrigger } from './trigger-fields.ts'

/** A text that is no list of triggers: every problem with its line. */
export class TriggersInvalidError extends AppError {
  readonly code = 'TRIGGERS_INVALID'
  readonly retryable = false
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(`the triggers cannot be used:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
    this.problems = problems
  }
}

/** Triggers by pool. */
export type TriggersByPool = ReadonlyMap<string, readonly Trigger[]>

/** Each costs a query at every look, and a time series of each gauge. */
export const MAX_TRIGGERS = 10
/** More is no list of triggers. */
const MAX_LENGTH = 200_000

/** What is wrong, where. */
interface Finding {
  readonly node: Node | null | undefined
  readonly problem: string
}

const keyOf = ({ key }: Pair): string => (isScalar(key) ? String(key.value) : '')

const fieldsOf = (map: YAMLMap): { readonly values: Record<string, unknown>; nodeOf(field: string): Node } => {
  const values = Object.fromEntries(
    map.items.map((pair) => [keyOf(pair), isScalar(pair.value) ? pair.value.value : pair.value]),
  )
  return { values, nodeOf: (field) => (map.get(field, true) as Node | undefined) ?? map }
}

const readPool = (pool: string, list: unknown, found: Finding[]): readonly Trigger[] => {
  if (!isSeq(list)) {
    found.push({ node: list as Node | null, problem: `${pool}: must be a list of triggers` })
    return []
  }
  if (list.items.length > MAX_TRIGGERS)
    found.push({ node: list, problem: `${pool}: has ${list.items.length} triggers; ${MAX_TRIGGERS} at most` })
  const triggers: Trigger[] = []
  for (const item of list.items as readonly Node[]) {
    if (!isMap(item)) {
      found.push({ node: item, problem: `${pool}: a trigger has name, query and targetPerNode` })
      continue
    }
    const { values, nodeOf } = fieldsOf(item)
    const { trigger, problems } = parseTrigger(values)
    const name = typeof values.name === 'string' ? `${pool}/${values.name.slice(0, 40)}` : pool
    for (const { field, problem } of problems)
      found.push({ node: nodeOf(field), problem: `${name}: ${field} ${problem}` })
    if (trigger && triggers.some((other) => other.name === trigger.name))
      found.push({ node: nodeOf('name'), problem: `${name}: is there twice` })
    if (trigger) triggers.push(trigger)
  }
  return triggers
}

/** The one member of the document. */
const poolsOf = (root: unknown, found: Finding[]): readonly Pair[] => {
  const pools = isMap(root) ? root.get('pools', true) : undefined
  if (!isMap(root) || !isMap(pools)) {
    found.push({ node: root as Node | null, problem: 'must be `pools:` with a list of triggers for each pool' })
    return []
  }
  for (const pair of root.items)
    if (keyOf(pair) !== 'pools') found.push({ node: pair.key as Node, problem: 'only `pools` is known here' })
  return pools.items
}

/**
 * Read triggers as YAML, and so as JSON too. The whole text counts or nothing of it.
 * @param known the pools there are; undefined = any will do
 * @throws TriggersInvalidError with every problem and its line
 */
export const parseTriggers = (text: string, known?: readonly string[]): TriggersByPool => {
  if (text.length > MAX_LENGTH) throw new TriggersInvalidError([`is longer than ${MAX_LENGTH} characters`])
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, customTags: [] })
  const lineAt = (offset: number | undefined): string => `line ${lines.linePos(offset ?? 0).line}`
  if (document.errors.length > 0)
    throw new TriggersInvalidError(
      document.errors.map(({ pos, code }) => `${lineAt(pos[0])}: this is not YAML (${code})`),
    )
  const found: Finding[] = []
  const triggers = new Map<string, readonly Trigger[]>()
  for (const pair of poolsOf(document.contents, found)) {
    const pool = keyOf(pair)
    if (known && !known.includes(pool))
      found.push({ node: pair.key as Node, problem: `${pool.slice(0, 40)} is no pool; there are: ${known.join(', ')}` })
    triggers.set(pool, readPool(pool, pair.value, found))
  }
  if (found.length > 0)
    throw new TriggersInvalidError(found.map(({ node, problem }) => `${lineAt(node?.range?.[0])}: ${problem}`))
  return triggers
}
