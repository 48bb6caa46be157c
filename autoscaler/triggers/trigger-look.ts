import type { Trigger } from '../../infra/domain/trigger.ts'

/** What a query said at a look. With warnings something may be missing in the value: the truth is no less. */
export type TriggerAnswer =
  | { readonly kind: 'value'; readonly value: number; readonly ageMs: number; readonly warnings: readonly string[] }
  | { readonly kind: 'none'; readonly why: string }

/** One trigger at one look, before anything is made of it. */
export interface TriggerLook {
  readonly trigger: Trigger
  readonly answer: TriggerAnswer
}
