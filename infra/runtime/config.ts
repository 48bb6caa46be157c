import type { Static, TObject, TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { AppError } from '../domain/errors.ts'
import { readSecretFile, SecretFileOpenError } from './secret-file.ts'

/** Every bad variable at once, by name and rule; never a value: it may be a secret. */
export class ConfigError extends AppError {
  readonly code = 'CONFIG'
  readonly retryable = false
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(`configuration is not usable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
    this.problems = problems
  }
}

const RULES = ['minimum', 'maximum', 'pattern', 'enum', 'minLength', 'const'] as const

const ruleOf = (schema: TSchema): string => {
  const facts = schema as unknown as Record<string, unknown>
  const type = facts.anyOf ? 'one of the documented values' : String(facts.type ?? 'value')
  const rules = RULES.filter((rule) => facts[rule] !== undefined).map((rule) => `${rule} ${String(facts[rule])}`)
  return [type, ...rules].join(', ')
}

const parse = (schema: TSchema, text: string): unknown => {
  const { type } = schema as { type?: string }
  if (type === 'integer' || type === 'number') return text.trim() === '' ? text : Number(text)
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text
  return text
}

/**
 * Read a typed configuration from environment variables. `''` counts as unset; for a secret `X`, `X_FILE` names a file
 * whose trimmed content is the value, and which others may not read; a `MUSTER_` variable that no schema knows is refused, because it is a typing error.
 * @param rules checks across fields: each answers a sentence, or undefined when all is well
 * @throws ConfigError with every problem found
 */
export const loadConfig = <T extends TObject>(
  schema: T,
  env: Readonly<Record<string, string | undefined>>,
  rules: readonly ((config: Static<T>) => string | undefined)[] = [],
): Static<T> => {
  const problems: string[] = []
  const properties = schema.properties as Record<string, TSchema>
  const values: Record<string, unknown> = {}
  for (const [name, property] of Object.entries(properties)) {
    let text = env[name] || undefined
    const file = env[`${name}_FILE`]
    if (text === undefined && file) {
      try {
        text = readSecretFile(file)
      } catch (error) {
        const why = error instanceof SecretFileOpenError ? error.message : 'names a file that cannot be read'
        problems.push(`${name}_FILE ${why}`)
        continue
      }
    }
    if (text !== undefined) values[name] = parse(property, text)
    else if ('default' in property) values[name] = (property as { default: unknown }).default
    else if (!schema.required?.includes(name)) continue
    else {
      problems.push(`${name} is required (${ruleOf(property)})`)
      continue
    }
    if (!Value.Check(property, values[name])) problems.push(`${name} must be: ${ruleOf(property)}`)
  }
  for (const name of Object.keys(env)) {
    const known = name in properties || name.replace(/_FILE$/, '') in properties
    if (name.startsWith('MUSTER_') && !known && !SHARED.has(name))
      problems.push(`${name} is not a variable Muster knows`)
  }
  const config = values as Static<T>
  if (problems.length === 0) problems.push(...rules.flatMap((rule) => rule(config) ?? []))
  if (problems.length > 0) throw new ConfigError(problems)
  return config
}

/** Written to `.muster/env` for people and clients: known everywhere, read by the CLI and the SDK only. */
const SHARED: ReadonlySet<string> = new Set(['MUSTER_URL', 'MUSTER_FLEET_URL', 'MUSTER_API_KEY'])
