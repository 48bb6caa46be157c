import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { readServices, type Service } from './compose-file.ts'
import { allSpecs, logPath, readState, type Spec } from './container.ts'
import { addressOf, create, remove, start, stop } from './engine.ts'

const FOLLOW_MS = 50

interface Options {
  readonly project: string
  readonly files: readonly string[]
  readonly scale: ReadonlyMap<string, number>
  /** `-t`; undefined = as each container was made */
  readonly grace: number | undefined
  readonly removeOrphans: boolean
  readonly action: string
  /** those meant; empty = all */
  readonly only: readonly string[]
}

/** `-p NAME -f FILE ACTION --scale a=2 -t 20 --remove-orphans SERVICE...`, and flags that change only what is shown. */
export const parseOptions = (args: readonly string[]): Options => {
  const files: string[] = []
  const only: string[] = []
  const scale = new Map<string, number>()
  let [project, action, removeOrphans] = ['', '', false]
  let grace: number | undefined
  for (let at = 0; at < args.length; at += 1) {
    const [argument = '', next = ''] = args.slice(at, at + 2)
    if (['-p', '-f', '-t', '--scale'].includes(argument)) at += 1
    if (argument === '-p') project = next
    else if (argument === '-f') files.push(next)
    else if (argument === '-t') grace = Number(next)
    else if (argument === '--scale') scale.set(next.split('=')[0] ?? '', Number(next.split('=')[1]))
    else if (argument === '--remove-orphans') removeOrphans = true
    else if (!argument.startsWith('-') && action === '') action = argument
    else if (!argument.startsWith('-')) only.push(argument)
  }
  return { project, files, scale, grace, removeOrphans, action, only }
}

const ofProject = (project: string): readonly Spec[] => allSpecs().filter((spec) => spec.project === project)

/** A gate that is made before the workers finds them when they come, so their addresses are known beforehand. */
const addressesIn = (project: string, services: readonly Service[], scale: Options['scale']) => (name: string) => {
  if (!services.some((service) => service.name === name)) return ''
  const count = scale.get(name) ?? Number(process.env.WORKERS_COUNT ?? 1)
  return Array.from({ length: count }, (_, at) => addressOf(project, name, at + 1)).join(',')
}

const isMeant = ({ only }: Options, service: string): boolean => only.length === 0 || only.includes(service)

/** Make what is missing and start what does not run. Slowly, where a test wants to be told to stop in between. */
const bringUp = async (options: Options, services: readonly Service[]): Promise<void> => {
  const { project, scale } = options
  const addressesOf = addressesIn(project, services, scale)
  await pause(Number(process.env.DOCKER_STAND_IN_PULL_MS ?? 0))
  for (const service of services.filter(({ name }) => isMeant(options, name))) {
    const have = ofProject(project).filter((spec) => spec.service === service.name)
    const wanted = scale.get(service.name) ?? 1
    for (let number = have.length + 1; number <= wanted; number += 1) {
      await pause(Number(process.env.DOCKER_STAND_IN_CREATE_MS ?? 0))
      await start(create(project, service, number, addressesOf))
    }
    for (const spec of have) if (readState(spec.id).status === 'exited') await start(spec)
  }
}

/** Show what the containers say until none of them will say more. */
const follow = async (options: Options): Promise<void> => {
  const shown = new Map<string, number>()
  for (;;) {
    const specs = ofProject(options.project).filter(({ service }) => isMeant(options, service))
    for (const { id } of specs) {
      let text = ''
      try {
        text = readFileSync(logPath(id), 'utf8')
      } catch {
        continue
      }
      process.stdout.write(text.slice(shown.get(id) ?? 0))
      shown.set(id, text.length)
    }
    if (specs.every(({ id }) => readState(id).status === 'exited')) return
    await pause(FOLLOW_MS)
  }
}

const stopAll = (specs: readonly Spec[], grace: number | undefined): Promise<unknown> =>
  Promise.all(specs.map((spec) => stop(spec, grace ?? spec.stopSeconds)))

/** Attached, as `up` is: a signal ends the containers by their own grace, the 10 s of Compose unless a file says otherwise. */
const up = async (options: Options, services: readonly Service[]): Promise<number> => {
  const { project } = options
  let told = false
  const onSignal = () => {
    if (told) process.exit(130)
    told = true
    const mine = ofProject(project).filter(({ service }) => isMeant(options, service))
    void stopAll(mine, undefined).then(() => process.exit(130))
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  await bringUp(options, services)
  await follow(options)
  return 0
}

/** One compose command. @returns its exit code */
export const runCompose = async (args: readonly string[]): Promise<number> => {
  const options = parseOptions(args)
  const services = readServices(options.files, process.env)
  const known = new Set(services.map(({ name }) => name))
  const mine = ofProject(options.project).filter(({ service }) => known.has(service) || options.removeOrphans)
  switch (options.action) {
    case 'up':
      return up(options, services)
    case 'stop':
      await stopAll(
        mine.filter(({ service }) => isMeant(options, service)),
        options.grace,
      )
      return 0
    case 'down':
      await stopAll(mine, options.grace)
      await Promise.all(mine.map(remove))
      return 0
    default:
      process.stderr.write(`unknown docker command: "compose ${options.action}"\n`)
      return 1
  }
}
