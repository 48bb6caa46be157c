import { expect, it } from 'vitest'
import { hopNotes } from '../../../../../../autoscaler/console/page/words/hop-notes.ts'

it.each([
  ['that is over', ['queue', 'infer'], /^Publish is part of queue\. Reply/],
  ['that a worker has', ['queue', 'run'], /^Run: a worker has it.*\. Publish is/],
  ['with time that nothing accounts for', ['infer', 'unknown', 'write'], /^Unknown: time.*\. Publish is/],
])('says of a job %s what its bars do not, once', (_what, hops, words) => {
  expect(hopNotes(hops)).toMatch(words)
})
