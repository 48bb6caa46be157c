import { checkHolds, verifyChecks } from './checks.ts'
import { isMrzDate } from './dates.ts'
import { type CheckRule, type MrzLayout, type Span, textAt } from './layout.ts'
import { likeliestLines, type Option, type Reading } from './reading.ts'

/** One character put in another's place. */
interface Change {
  readonly line: number
  readonly position: number
  readonly character: string
}

/** Some changes, and how unlikely they are together. */
interface Proposal {
  readonly changes: readonly Change[]
  readonly cost: number
}

/** No more characters than this are changed in one field: with three, some combination almost always fits by chance. */
const MAX_CHANGES = 2
/** Odds against the truth being something not even considered (natural logarithm): two look-alikes are not quite as rare. */
const OTHER_COST = 9
/** A repair must be this likely among all that fit, and that other: else nothing is changed. */
const MIN_SHARE = 0.7
/** Fields and composite are searched together over at most this many combinations. */
const MAX_COMBINATIONS = 400
const KEPT_PROPOSALS = 8

/**
 * Make the likeliest lines fit their check digits by changing few characters into ones they may have been mistaken for.
 * What fits is left alone. Where two repairs are about equally likely nothing is changed: an invalid check digit tells
 * the caller more than a guess.
 * @returns lines of the layout's size; their check digits need not fit
 */
export const repairMrz = (reading: Reading, layout: MrzLayout): readonly string[] => {
  const lines = likeliestLines(reading)
  const failing = layout.checks.filter((rule) => !checkHolds(rule, lines, layout))
  if (failing.length === 0) return lines
  const composite = layout.checks.find(({ field }) => field === 'composite')
  const fields = failing.filter((rule) => rule !== composite)
  const choices = fields.map((rule) => proposals(rule, [rule.digit, ...rule.over], MAX_CHANGES, lines, reading, layout))
  const together = composite && fitComposite(composite, choices, lines, reading, layout)
  if (together) return apply(lines, together.changes)
  const alone = choices.flatMap((found) => leader(found)?.changes ?? [])
  const mended = apply(lines, alone)
  return validCount(mended, layout) > validCount(lines, layout) ? mended : lines
}

const validCount = (lines: readonly string[], layout: MrzLayout): number =>
  verifyChecks(lines, layout).filter(({ valid }) => valid).length

/** The changes within some spans that make one rule hold, cheapest first. */
const proposals = (
  rule: CheckRule,
  spans: readonly Span[],
  maxChanges: number,
  lines: readonly string[],
  reading: Reading,
  layout: MrzLayout,
): readonly Proposal[] => {
  const single = spans.flatMap((span) => alternatives(span, reading))
  const found: Proposal[] = single.filter(({ changes }) => checkHolds(rule, apply(lines, changes), layout))
  if (maxChanges > 1)
    for (const [index, first] of single.entries())
      for (const second of single.slice(index + 1)) {
        const changes = [...first.changes, ...second.changes]
        const [a, b] = changes as [Change, Change]
        if (a.line === b.line && a.position === b.position) continue
        if (checkHolds(rule, apply(lines, changes), layout)) found.push({ changes, cost: first.cost + second.cost })
      }
  return found
    .filter(({ changes, cost }) => cost <= OTHER_COST && plausible(rule, apply(lines, changes)))
    .toSorted((a, b) => a.cost - b.cost)
    .slice(0, KEPT_PROPOSALS)
}

const alternatives = ({ line, from, to }: Span, reading: Reading): readonly Proposal[] =>
  (reading[line]?.slice(from, to) ?? []).flatMap((options: readonly Option[], index) =>
    options.slice(1).map(({ character, cost }) => ({ changes: [{ line, position: from + index, character }], cost })),
  )

/**
 * Choose one proposal a failing field so that the composite check digit fits, too; where no field failed, or nothing
 * fits, change one character that only the composite covers.
 */
const fitComposite = (
  composite: CheckRule,
  choices: readonly (readonly Proposal[])[],
  lines: readonly string[],
  reading: Reading,
  layout: MrzLayout,
): Proposal | undefined => {
  if (choices.some((found) => found.length === 0)) return undefined
  const fitting: Proposal[] = []
  const covered = uncheckedSpans(composite, layout)
  for (const base of combinations(choices)) {
    const mended = apply(lines, base.changes)
    if (checkHolds(composite, mended, layout)) fitting.push(base)
    else
      for (const more of proposals(composite, covered, 1, mended, reading, layout))
        fitting.push({ changes: [...base.changes, ...more.changes], cost: base.cost + more.cost })
  }
  return leader(fitting.toSorted((a, b) => a.cost - b.cost))
}

/** The composite's own digit, and what no other check digit covers. */
const uncheckedSpans = (composite: CheckRule, layout: MrzLayout): readonly Span[] => {
  const single = layout.checks.filter((rule) => rule !== composite)
  const owned = (line: number, position: number): boolean =>
    single.some((rule) =>
      [rule.digit, ...rule.over].some((span) => span.line === line && position >= span.from && position < span.to),
    )
  const free = composite.over.flatMap(({ line, from, to }) =>
    Array.from({ length: to - from }, (_, index) => from + index)
      .filter((position) => !owned(line, position))
      .map((position) => ({ line, from: position, to: position + 1 })),
  )
  return [composite.digit, ...free]
}

const combinations = (choices: readonly (readonly Proposal[])[]): readonly Proposal[] => {
  let all: readonly Proposal[] = [{ changes: [], cost: 0 }]
  for (const found of choices) {
    all = all
      .flatMap((base) =>
        found.map(({ changes, cost }) => ({ changes: [...base.changes, ...changes], cost: base.cost + cost })),
      )
      .toSorted((a, b) => a.cost - b.cost)
      .slice(0, MAX_COMBINATIONS)
  }
  return all
}

/** The cheapest of sorted proposals, if it is clearly likelier than all others together. */
const leader = (found: readonly Proposal[]): Proposal | undefined => {
  const [best] = found
  if (best === undefined) return undefined
  const all = found.reduce((sum, { cost }) => sum + Math.exp(-cost), Math.exp(-OTHER_COST))
  return Math.exp(-best.cost) / all >= MIN_SHARE ? best : undefined
}

/** A repaired date must be one. */
const plausible = ({ field, over }: CheckRule, lines: readonly string[]): boolean =>
  (field !== 'birthDate' && field !== 'expiryDate') || over.every((span) => isMrzDate(textAt(lines, span)))

const apply = (lines: readonly string[], changes: readonly Change[]): readonly string[] =>
  changes.length === 0
    ? lines
    : lines.map((text, line) => {
        let mended = text
        for (const change of changes)
          if (change.line === line)
            mended = mended.slice(0, change.position) + change.character + mended.slice(change.position + 1)
        return mended
      })
