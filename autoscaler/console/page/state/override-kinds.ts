import type { OverrideKind } from '../../../../infra/domain/scaling.ts'

export type { OverrideKind }

/** In the order in which they are offered. */
export const OVERRIDE_KINDS: readonly OverrideKind[] = ['pin', 'floor', 'ceiling', 'hold', 'no-scale-in']
