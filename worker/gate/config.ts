import Type, { type Static } from 'typebox'
import { workerConfig } from '../config.ts'
import { nodeConfig } from '../node/config.ts'

const { LOG_LEVEL, DATABASE_URL, NODE_NAME, NODE_ZONE, NODE_TELL_MS } = nodeConfig.properties

/** The environment of a gate: what a node supervisor reads to tell the fleet of itself, and whose workers it speaks for. */
export const gateConfig = Type.Object({
  LOG_LEVEL,
  /** where it tells and hears; without it nobody does */
  DATABASE_URL,
  NODE_NAME,
  NODE_ZONE,
  NODE_TELL_MS,
  /** whom the fleet takes it for: the allocation, however often its gate starts */
  GATE_ID: Type.Optional(Type.String({ format: 'uuid' })),
  /** of all its workers; a gate without one only answers */
  WORKER_POOL: Type.Optional(workerConfig.properties.WORKER_POOL),
})
export type GateConfig = Static<typeof gateConfig>
