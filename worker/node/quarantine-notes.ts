import type { Logger } from '../../infra/ports/logger.ts'
import type { QuarantineStore } from '../../infra/ports/quarantine-store.ts'
import { repeat } from '../../infra/runtime/repeat.ts'
import type { Quarantined } from './quarantine.ts'

/** How often it is said that a quarantine holds. Whoever reads believes it for a few of these. */
export const TELL_MS = 60_000

/** Who tells. */
export interface QuarantineNotesOptions {
  readonly node: string
  readonly pools: readonly string[]
  readonly quarantined: () => readonly Quarantined[]
}

/** Tells the fleet of this node's quarantines. Nobody waits for it, and what cannot be written is told again. */
export interface QuarantineNotes {
  begun(quarantined: Quarantined): void
  released(quarantined: Pick<Quarantined, 'device'>): void
  /** the node ends, and with it what it knew of its devices */
  stop(): Promise<void>
}

/** @param store undefined = there is nobody to tell */
export const startQuarantineNotes = (
  store: Pick<QuarantineStore, 'holds' | 'ended'> | undefined,
  { node, pools, quarantined }: QuarantineNotesOptions,
  log: Logger,
): QuarantineNotes => {
  let telling = Promise.resolve()
  // One after the other: an end that overtakes its beginning would leave it standing.
  const tell = (write: (to: NonNullable<typeof store>) => Promise<void>): Promise<void> => {
    if (!store) return Promise.resolve()
    telling = telling
      .then(() => write(store))
      .catch((error: unknown) => log.warn({ error }, 'a quarantine could not be told of'))
    return telling
  }
  const hold = ({ device, why }: Quarantined) => tell((to) => to.holds({ node, device, pools: pools.join(' '), why }))
  const end = ({ device }: Pick<Quarantined, 'device'>) => tell((to) => to.ended(node, device))
  const again = repeat('tell of quarantines', TELL_MS, log, () => Promise.all(quarantined().map(hold)))
  return {
    begun: (one) => void hold(one),
    released: (one) => void end(one),
    async stop() {
      await again.stop()
      await Promise.all(quarantined().map(end))
    },
  }
}
