import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import type { TriggersByPool } from '../../autoscaler/triggers/trigger-file.ts'
import type { Trigger } from '../../infra/domain/trigger.ts'
import { NothingThereError, UsageError } from '../exit-code.ts'

/** Variables of the stack that the command line speaks of, under those it was started with. */
export type Environment = Readonly<Record<string, string | undefined>>

/** The environment of a command. */
export const environmentFor = async (program: Command): Promise<Environment> => {
  const { withEnvFile } = await import('../stack/env-file.ts')
  const { stackFolder } = await import('../stack/folder.ts')
  return withEnvFile(stackFolder(program.opts<{ dir?: string }>().dir).env, process.env)
}

/** The triggers of a file, or of TRIGGERS_FILE. @throws UsageError, TriggersInvalidError */
export const readTriggerFile = async (path: string | undefined, env: Environment): Promise<TriggersByPool> => {
  const file = path ?? env.TRIGGERS_FILE
  if (!file) throw new UsageError('name a file, or set TRIGGERS_FILE')
  const { parseTriggers } = await import('../../autoscaler/triggers/trigger-file.ts')
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new UsageError('the file cannot be read', { cause })
  })
  return parseTriggers(text)
}

/** Which triggers of a file are meant. */
export interface Chosen {
  readonly pool?: string
  readonly name?: string
}

/** Those of a file that are meant, each with its pool. @throws UsageError, TriggersInvalidError, NothingThereError */
export const chosenTriggers = async (
  path: string | undefined,
  { pool, name }: Chosen,
  env: Environment,
): Promise<readonly (readonly [pool: string, trigger: Trigger])[]> => {
  const file = await readTriggerFile(path, env)
  const all = [...file].flatMap(([one, list]) => list.map((trigger) => [one, trigger] as const))
  const wanted = all.filter(([one, trigger]) => (pool ?? one) === one && (name ?? trigger.name) === trigger.name)
  if (wanted.length === 0) throw new NothingThereError('the file has no such trigger')
  return wanted
}

/** Where PROMETHEUS_URL is, and the token for it. @throws UsageError */
export const prometheusOf = async ({ PROMETHEUS_URL: url, PROMETHEUS_TOKEN, PROMETHEUS_TOKEN_FILE }: Environment) => {
  const { readSecretFile } = await import('../../infra/runtime/secret-file.ts')
  if (!url) throw new UsageError('set PROMETHEUS_URL')
  const token = () => PROMETHEUS_TOKEN || (PROMETHEUS_TOKEN_FILE ? readSecretFile(PROMETHEUS_TOKEN_FILE) : undefined)
  return { url, token }
}
