import { exitCodeOf, explain } from './exit-code.ts'
import type { StackMessage } from './stack/channel.ts'
import { stackFolder } from './stack/folder.ts'
import { supervise } from './stack/supervise.ts'
import type { Tell } from './stack/tell.ts'

/**
 * The process behind `./muster up --detach`: runs the stack, tells the command that started it how it goes until
 * everything answers, and writes the same lines to its own log, `.muster/logs/stack.log`.
 */
const send = (message: StackMessage): void => {
  if (process.connected) process.send?.(message)
}

const log = (level: string, line: string): void => console.log(`${new Date().toISOString()} ${level} ${line}`)

const tell: Tell = {
  say(line) {
    log('info', line)
    send({ type: 'say', line })
  },
  warn(line) {
    log('warn', line)
    send({ type: 'warn', line })
  },
}

try {
  const ran = await supervise({
    paths: stackFolder(process.argv[2]),
    env: process.env,
    tell,
    async onReady({ url, apiKey }) {
      send({ type: 'ready', url, apiKey })
    },
  })
  if (!ran) send({ type: 'taken' })
  process.exit(0)
} catch (error) {
  for (const line of explain(error)) log('error', line)
  send({ type: 'failed', lines: explain(error), exitCode: exitCodeOf(error) })
  process.exit(exitCodeOf(error))
}
