/** A thread of its own: takes sources by name, answers with the JavaScript that browsers run. It is started by page-files.ts. */
import { stripTypeScriptTypes } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'

/** Sources by name. */
export type Sources = Readonly<Record<string, string>>

// Where it is imported for its type alone there is nobody to answer.
if (parentPort !== null) {
  const stripped = Object.entries(workerData as Sources).map(([name, source]) => [name, stripTypeScriptTypes(source)])
  parentPort.postMessage(Object.fromEntries(stripped))
}
