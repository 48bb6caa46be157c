/** What bars stand for that is no hop of its own. */
const MEANINGS: Readonly<Record<string, string>> = {
  run: 'Run: a worker has it, or did not tell where the time went; its hops are told when it is over.',
  unknown: 'Unknown: time that passed and that nothing accounts for.',
}

/**
 * What a waterfall cannot show, said once beneath it.
 * @param hops the names of its bars
 */
export const hopNotes = (hops: readonly string[]): string =>
  [
    ...hops.flatMap((hop) => MEANINGS[hop] ?? []),
    'Publish is part of queue. Reply, the way of the answer back, comes after the last bar: only traces tell it.',
  ].join(' ')
