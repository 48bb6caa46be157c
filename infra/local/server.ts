import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { LocalServerFailedError } from './errors.ts'
import { withFolderLock } from './lock.ts'
import { freePorts } from './ports.ts'
import { endProcess, isAlive, type Launched, launch, logSince, logSize, type ProcessRef, until } from './process.ts'
import type { ServerKind, ServerName, ServerState, Site } from './server-kind.ts'
import { readState, writeState } from './state-file.ts'

/** A server that answers. */
export interface RunningServer {
  readonly name: ServerName
  readonly url: string
  readonly process: ProcessRef
  /** true when this call started it, false when it ran already */
  readonly started: boolean
}

export interface ServerStatus {
  readonly name: ServerName
  readonly state: 'running' | 'not answering' | 'stopped'
  readonly pid: number | null
  /** the port clients use; null before the first start */
  readonly port: number | null
}

/** A server that runs already may still be recovering from a crash. */
const ADOPT_TIMEOUT_MS = 30_000
const HELPER_STOP_MS = 3_000
/** A port can be taken between our look and the server's; each further try takes new ones. */
const START_TRIES = 4
const PORT_TAKEN = /address already in use|eaddrinuse|already_in_use|port \d+ .*in use/i
const FAULT = /fatal|error|panic|could not|cannot|can't|failed|in use|denied/i

const logPathOf = (kind: ServerKind, dir: string): string => join(dir, 'logs', `${kind.name}.log`)
const statePathOf = (kind: ServerKind, dir: string): string => join(dir, kind.name, 'server.json')

const makeFolders = (kind: ServerKind, dir: string): void => {
  for (const folder of [dir, join(dir, kind.name), join(dir, 'logs')]) {
    mkdirSync(folder, { recursive: true })
    // Root's servers run as other users who must pass through; names cannot be listed, secrets are files of mode 0600.
    chmodSync(folder, process.getuid?.() === 0 ? 0o711 : 0o700)
  }
}

/** The remembered state. A copy of a folder gets its password only: processes, ports and places are the original's. */
const recall = (kind: ServerKind, dir: string): ServerState | undefined => {
  const state = readState<ServerState>(statePathOf(kind, dir))
  if (!state) return undefined
  const folder = realpathSync(dir)
  if (state.folder === folder) return state
  return existsSync(state.folder) ? { folder, password: state.password, ports: {} } : { ...state, folder }
}

const remember = (kind: ServerKind, dir: string, state: ServerState): void => writeState(statePathOf(kind, dir), state)

const end = async (kind: ServerKind, state: ServerState): Promise<boolean> => {
  const clean = await endProcess(state.process, kind.stopSignal, kind.stopTimeoutMs)
  for (const helper of state.helpers ?? []) await endProcess(helper, 'SIGTERM', HELPER_STOP_MS)
  return clean
}

/** @returns undefined once it answers, else the reason why it does not */
const waitForAnswer = async (kind: ServerKind, url: string, { exited }: Launched): Promise<string | undefined> => {
  let ended: string | undefined
  void exited.then((how) => {
    ended = how
  })
  const settled = await until(async () => ended !== undefined || (await kind.answers(url)), kind.startTimeoutMs)
  if (ended !== undefined) return ended
  return settled ? undefined : `no answer within ${kind.startTimeoutMs / 1000} s`
}

const explain = (how: string, logged: readonly string[]): string => {
  const telling = logged.findLast((line) => FAULT.test(line)) ?? logged.at(-1)
  return telling ? `${how}; ${telling.trim()}` : how
}

/** One try on these ports. @returns the state of the running server, or why it did not come up */
const tryStart = async (kind: ServerKind, dir: string, plan: ServerState, throwAway: boolean) => {
  const logPath = logPathOf(kind, dir)
  const logStart = logSize(logPath)
  const site: Site = { dir: join(dir, kind.name), logPath, state: plan, throwAway }
  // Before the data is made: its password must not get lost with us.
  remember(kind, dir, plan)
  const state: ServerState = { ...plan, ...(await kind.prepare(site)) }
  const ready: Site = { ...site, state }
  const helpers = kind.helpers(ready).flatMap((helper) => launch(helper).process ?? [])
  const server = launch(kind.command(ready))
  const running: ServerState = { ...state, helpers, ...(server.process && { process: server.process }) }
  remember(kind, dir, running)
  const problem = await waitForAnswer(kind, kind.url(running), server)
  if (problem === undefined) return running
  await end(kind, running)
  return explain(problem, logSince(logPath, logStart))
}

const startFresh = async (kind: ServerKind, dir: string, last: ServerState, throwAway: boolean) => {
  const { process: _ended, helpers: _left, ...kept } = last
  let wanted = last.ports
  for (let tries = 1; ; tries += 1) {
    const plan: ServerState = { ...kept, ports: await freePorts(kind.portNames, wanted) }
    const outcome = await tryStart(kind, dir, plan, throwAway)
    if (typeof outcome !== 'string') return outcome
    if (tries >= START_TRIES || !PORT_TAKEN.test(outcome))
      throw new LocalServerFailedError(kind.title, outcome, logPathOf(kind, dir))
    wanted = {}
  }
}

/**
 * Start one private server under a folder, or find it running. Data, password and ports are those of the last start;
 * a port that was taken meanwhile is replaced. What a killed start left behind is ended first.
 * @param dir the stack's folder; the server uses `<dir>/<name>` and `<dir>/logs/<name>.log`
 * @throws LocalServerFailedError when it does not answer in time or ends while starting
 */
export const startServer = async (kind: ServerKind, dir: string, throwAway = false): Promise<RunningServer> => {
  makeFolders(kind, dir)
  return withFolderLock(dir, kind.name, async () => {
    const last = recall(kind, dir) ?? {
      folder: realpathSync(dir),
      password: randomBytes(24).toString('base64url'),
      ports: {},
    }
    const running = (state: ServerState, ref: ProcessRef, started: boolean): RunningServer => ({
      name: kind.name,
      url: kind.url(state),
      process: ref,
      started,
    })
    if (isAlive(last.process)) {
      const old = last.process
      const answered = await until(async () => !isAlive(old) || (await kind.answers(kind.url(last))), ADOPT_TIMEOUT_MS)
      if (answered && isAlive(old)) return running(last, old, false)
    }
    await end(kind, last)
    const state = await startFresh(kind, dir, last, throwAway)
    if (!state.process) throw new LocalServerFailedError(kind.title, 'it ended at once', logPathOf(kind, dir))
    return running(state, state.process, true)
  })
}

/**
 * Stop the private server of a folder, keeping its data.
 * @returns `stopped` in order, `killed` after the time allowed, or `absent` when it did not run
 */
export const stopServer = async (kind: ServerKind, dir: string): Promise<'stopped' | 'killed' | 'absent'> => {
  if (!recall(kind, dir)) return 'absent'
  return withFolderLock(dir, kind.name, async () => {
    const state = recall(kind, dir)
    if (!state) return 'absent'
    const ran = isAlive(state.process)
    const clean = await end(kind, state)
    const { process: _ended, helpers: _left, ...kept } = state
    remember(kind, dir, kept)
    return ran ? (clean ? 'stopped' : 'killed') : 'absent'
  })
}

/** What is known of the private server of a folder, by asking it. */
export const inspectServer = async (kind: ServerKind, dir: string): Promise<ServerStatus> => {
  const state = recall(kind, dir)
  const port = state?.ports[kind.portNames[0] ?? ''] ?? null
  if (!state || !isAlive(state.process)) return { name: kind.name, state: 'stopped', pid: null, port }
  const answering = await kind.answers(kind.url(state))
  return { name: kind.name, state: answering ? 'running' : 'not answering', pid: state.process.pid, port }
}
