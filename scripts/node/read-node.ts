import Type, { type Static } from 'typebox'
import { Value } from 'typebox/value'

const ASK_MS = 3_000

const NodeReport = Type.Object({
  state: Type.Optional(Type.String()),
  pools: Type.Record(Type.String(), Type.Object({ desired: Type.Integer(), ready: Type.Integer() })),
  quarantined: Type.Array(Type.Object({ device: Type.String(), why: Type.String(), since: Type.String() })),
  choices: Type.Array(Type.Object({ pool: Type.String(), count: Type.Integer(), why: Type.String() })),
})

/** What a node supervisor says of itself. */
export type NodeReport = Static<typeof NodeReport>

/** Ask a node; undefined where none answers, or an older one that tells less. @param url of its admin listener */
export const readNode = async (url: string): Promise<NodeReport | undefined> => {
  const answer = await fetch(new URL('/workers', url), { signal: AbortSignal.timeout(ASK_MS) }).catch(() => undefined)
  const body: unknown = await answer?.json().catch(() => undefined)
  return Value.Check(NodeReport, body) ? body : undefined
}

/** What people should know of a node, a line each; none where all is as they wrote it. */
export const nodeInWords = ({ state, quarantined, choices }: NodeReport): readonly string[] => [
  ...(state === 'drained' || state === 'draining' ? [`the node is ${state}: ./muster nodes says by whom and why`] : []),
  ...quarantined.map(
    ({ device, why, since }) => `${device} is quarantined since ${since} (${why}): ./muster node release ${device}`,
  ),
  ...choices.map(({ pool, count, why }) => `${pool} has ${count} workers by choice: ${why}`),
]
