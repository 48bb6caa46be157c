import { setTimeout as pause } from 'node:timers/promises'
import { v7 as uuidv7 } from 'uuid'
import { MESSAGE_VERSION } from '../../../infra/domain/message.ts'
import { sendToWorkers } from '../letters.ts'
import type { ChaosStack } from '../stack.ts'

/** Longer than a worker takes to have a few jobs fail, shorter than three attempts of one take. */
const BUSY_MS = 1_500

/** A worker makes these calls when it starts. */
const restartWorker = async (stack: ChaosStack): Promise<void> => {
  const [pid] = await stack.workerPids()
  if (pid !== undefined) process.kill(pid, 'SIGKILL')
}

const failRuns = async (stack: ChaosStack): Promise<void> => {
  await stack.midJob()
  stack.storage.answers.misbehave('busy')
  await pause(BUSY_MS)
  stack.storage.answers.misbehave('none')
}

/** What leads a process to a call that it makes only when something goes wrong, or once. */
const PROVOCATIONS: Readonly<Record<string, (stack: ChaosStack) => Promise<void>>> = {
  'queue.consume': restartWorker,
  'queue.onSignal': restartWorker,
  'jobs.release': failRuns,
  'queue.retry': failRuns,
  // What is accepted while there is no broker waits for the reconciler.
  'jobs.postpone': async (stack) => stack.servers.wire('rabbitmq').cut(),
  // An envelope of tomorrow goes back to whoever may understand it.
  'delivery.handBack': (stack) => sendToWorkers(stack, { id: uuidv7(), tenant: 'visitors', v: MESSAGE_VERSION + 1 }),
}

/** Have a process make this call, where nobody makes it by himself. @param call for example `queue.retry` */
export const provoke = async (stack: ChaosStack, call: string): Promise<void> => PROVOCATIONS[call]?.(stack)
