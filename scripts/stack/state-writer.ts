import { realpathSync } from 'node:fs'
import { identify, type ProcessRef } from '../../infra/local/process.ts'
import type { ServerName } from '../../infra/local/server-kind.ts'
import { type ServiceName, type StackPaths, type StackState, writeStack } from './folder.ts'

/** Keeps `stack.json` true while a stack runs. */
export interface StateWriter {
  servers(names: readonly ServerName[]): void
  service(name: ServiceName, process: ProcessRef | undefined): void
  /** known before the processes are started */
  readyUrls(urls: Readonly<Record<ServiceName, string>>): void
  ready(url: string): void
  stopping(): void
}

/** @throws Error when this process cannot be identified, which /proc makes impossible */
export const openStateWriter = (paths: StackPaths): StateWriter => {
  const supervisor = identify(process.pid)
  if (!supervisor) throw new Error('this process is not listed under /proc')
  let state: StackState = {
    folder: realpathSync(paths.dir),
    phase: 'starting',
    supervisor,
    services: {},
    servers: [],
  }
  const change = (part: Partial<StackState>): void => {
    state = { ...state, ...part }
    writeStack(paths, state)
  }
  change({})
  return {
    servers: (servers) => change({ servers }),
    service(name, ref) {
      const { [name]: _before, ...others } = state.services
      change({ services: ref ? { ...others, [name]: ref } : others })
    },
    readyUrls: (readyUrls) => change({ readyUrls }),
    ready: (url) => change({ phase: 'ready', url }),
    stopping: () => change({ phase: 'stopping' }),
  }
}
