import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Soon enough to measure the recovery of Muster, not of the one who restarts it. */
const RESTART_MS = 200

/** One process that is started again whenever it ends, as an orchestrator would. */
export class KeptProcess {
  readonly #program: URL
  readonly #logPath: string
  #env: Readonly<Record<string, string>>
  #child: ChildProcess | undefined
  #wanted = false
  #restart: NodeJS.Timeout | undefined
  /** ends that nobody asked for */
  deathCount = 0

  constructor(program: URL, env: Readonly<Record<string, string>>, logPath: string) {
    this.#program = program
    this.#env = env
    this.#logPath = logPath
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** @param env from now on, beside what it has */
  start(env: Readonly<Record<string, string>> = {}): void {
    this.#env = { ...this.#env, ...env }
    this.#wanted = true
    this.#spawn()
  }

  /** Resolves when it has ended; it is not started again. */
  async end(signal: NodeJS.Signals): Promise<void> {
    this.#wanted = false
    clearTimeout(this.#restart)
    const child = this.#child
    if (child && child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit')
      child.kill(signal)
      // A frozen process hears nothing but this.
      child.kill('SIGCONT')
      await ended
    }
    // What it said last may come later than its end, when the folder of the log is gone.
    for (const stream of [child?.stdout, child?.stderr]) stream?.destroy()
  }

  /** Without warning; it comes back by itself. */
  kill(signal: NodeJS.Signals): void {
    this.#child?.kill(signal)
  }

  #spawn(): void {
    const child = spawn(process.execPath, [fileURLToPath(this.#program)], {
      env: { ...this.#env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk) => appendFileSync(this.#logPath, chunk))
    child.once('exit', () => {
      if (!this.#wanted || this.#child !== child) return
      this.deathCount += 1
      this.#restart = setTimeout(() => this.#spawn(), RESTART_MS)
    })
    this.#child = child
  }
}
