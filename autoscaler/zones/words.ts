import type { ZonePlan, ZoneShare } from '../../infra/domain/zones.ts'

const listed = (names: readonly string[]): string => names.join(' and ')
const clock = (at: number): string => new Date(at).toISOString().slice(11, 16)

const CONDITIONS: Readonly<Record<ZoneShare['condition'], (since: string) => string>> = {
  well: () => 'gives nodes',
  short: (since) => `has no node left since ${since}`,
  lost: (since) => `lost all its nodes at ${since}`,
  tried: (since) => `is tried again, without nodes since ${since}`,
}

const standIns = ({ shares }: ZonePlan): readonly string[] =>
  shares.filter(({ condition }) => condition === 'well').map(({ zone }) => zone)

/** Of one zone that is not well: what is the matter, who stands in, and when it is tried. Times are UTC. */
const trouble = (share: ZoneShare, plan: ZonePlan): string => {
  const { zone, condition, since, retryAt, elsewhere } = share
  const others = standIns(plan)
  const count = `${elsewhere} of its nodes asked for in ${listed(others)}`
  const instead = others.length === 0 ? 'no other zone has one' : elsewhere === 0 ? undefined : count
  const again = condition !== 'tried' && retryAt !== undefined ? `tried again at ${clock(retryAt)}` : undefined
  const words = [instead, again].filter((part) => part !== undefined).join('; ')
  const what = `${zone} ${CONDITIONS[condition](since === undefined ? 'an unknown time' : clock(since))}`
  return words === '' ? what : `${what}: ${words}`
}

/** What is the matter with zones, a line each; empty = all give nodes. Times are UTC. */
export const troubles = (plan: ZonePlan): readonly string[] =>
  plan.shares.filter(({ condition }) => condition !== 'well').map((share) => trouble(share, plan))

const countOf = ({ zone, before, after, running, ready }: ZoneShare): string => {
  const asked = before === after ? String(after) : `${before} -> ${after}`
  const works = [
    ...(running === after ? [] : [`${running} running`]),
    ...(ready === undefined || ready === running ? [] : [`${ready} ready`]),
  ]
  return `${zone} ${asked}${works.length > 0 ? ` (${works.join(', ')})` : ''}`
}

/** How the nodes are spread, and what is the matter with zones. */
export const zonesInWords = (plan: ZonePlan): readonly string[] => [
  `zones: ${plan.shares.map(countOf).join(', ')}`,
  ...troubles(plan),
]

/** Why more or fewer nodes are asked for than are wanted. */
export const whyTwice = (plan: ZonePlan): string => {
  const ill = plan.shares.filter(({ condition }) => condition !== 'well').map(({ zone }) => zone)
  return ill.length > 0 ? `others stand in for ${listed(ill)}` : 'a node goes when the one that replaces it runs'
}
