import type { TSchema } from 'typebox'
import type { TaskName } from '../../infra/domain/task.ts'

/** All the api needs to know of a task to offer it. */
export interface TaskDefinition {
  readonly task: TaskName
  /** the path is `/v1/` and this; the task's own name where it is absent */
  readonly path?: string
  /** fields of the pictures, all required */
  readonly pictures: readonly string[]
  /** schemas of the options beside the pictures, each of a text and optional: a form carries nothing else */
  readonly options: Readonly<Record<string, TSchema>>
  readonly result: TSchema & { readonly type: string }
  readonly summary: string
  readonly description: string
  /** a result, for the documentation */
  readonly example: unknown
}
