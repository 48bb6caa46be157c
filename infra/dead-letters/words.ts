import type { Redriven } from './redrive.ts'

/** What became of a dead letter, for people. Those that begin with `stays` are still there. */
export const REDRIVEN_WORDS: Readonly<Record<Redriven['outcome'], string>> = {
  reopened: 'queued again, with its attempts anew',
  open: 'is open anyway; published again',
  over: 'stays: the job has an outcome of its own, or was taken back',
  gone: 'stays: the pictures of the job are gone',
  missing: 'stays: there is no such job',
  unreadable: 'stays: nobody can read which job it was of',
  purged: 'removed',
  'would try': 'would be tried again',
}
