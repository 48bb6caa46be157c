/**
 * Stands in for the docker command, its compose plugin and the engine, for tests where no engine is. It behaves as the
 * documentation and the reports behind docs/nodes.md say, for the few commands that the scripts of nomad/raw-exec-compose use:
 *
 * - containers are real processes that outlive whoever started them, each under a shim of its own that restarts it by its
 *   policy, asks after its health, and kills what it leaves behind;
 * - `compose` runs in a plugin, a child of this process that outlives it when it is killed (docker/compose#10179);
 * - `up` stays attached, and a signal makes it stop the containers by the grace of the file, 10 s where that is silent;
 * - a container that has ended counts as unhealthy where it has a health check;
 * - `stop` and `restart` are SIGTERM, `-t` seconds, SIGKILL; `down` removes what was stopped, orphans by `--remove-orphans`;
 * - a container's variables are those of the compose file and no others.
 *
 * What it is not: no images (commands run in this working copy, or in the folder DOCKER_STAND_IN_IMAGE), no isolation, no limits, no mounts, no GPU. A container has
 * an address of the loopback network in place of a network. DOCKER_STAND_IN_DIR is the engine's memory: with a file `engine`
 * in it that says `down` or `hang` the engine refuses connections or never answers. DOCKER_STAND_IN_HURRY divides the time
 * between two health checks, DOCKER_STAND_IN_PULL_MS and _CREATE_MS make `up` slow.
 */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runCompose } from './compose.ts'
import { allSpecs, readState, type Spec, STATE_DIR } from './container.ts'
import { remove, restart, stop } from './engine.ts'

const DOWN = 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n'

const engine = (): string => {
  try {
    return readFileSync(join(STATE_DIR, 'engine'), 'utf8').trim()
  } catch {
    return 'up'
  }
}

const valuesOf = (args: readonly string[], flag: string): readonly string[] =>
  args.flatMap((argument, at) => (argument === flag ? [args[at + 1] ?? ''] : []))

/** Filters of one kind are alternatives, of different kinds all must hold. */
const matches = (spec: Spec, filters: readonly string[]): boolean => {
  const { status, health } = readState(spec.id)
  const labels = filters.filter((one) => one.startsWith('label='))
  const others = (kind: string) => filters.filter((one) => one.startsWith(`${kind}=`)).map((one) => one.split('=')[1])
  return (
    labels.every((one) => {
      const [, name = '', value] = one.split('=')
      return value === undefined ? name in spec.labels : spec.labels[name] === value
    }) &&
    (others('status').length === 0 || others('status').includes(status)) &&
    (others('health').length === 0 || others('health').includes(health))
  )
}

const ps = (args: readonly string[]): number => {
  const all = args.some((argument) => /^-\w*a/.test(argument))
  const [format] = valuesOf(args, '--format')
  for (const spec of allSpecs().filter((one) => matches(one, valuesOf(args, '--filter')))) {
    if (!all && readState(spec.id).status !== 'running') continue
    const line = (format ?? '{{.ID}}')
      .replace('{{.ID}}', spec.id)
      .replace(/\{\{\.Label "([^"]+)"\}\}/, (_whole, name: string) => spec.labels[name] ?? '')
    process.stdout.write(`${line}\n`)
  }
  return 0
}

const named = (args: readonly string[]): readonly Spec[] => allSpecs().filter(({ id }) => args.includes(id))

const run = async ([command = '', ...args]: readonly string[]): Promise<number> => {
  const [grace = '10'] = valuesOf(args, '-t')
  switch (command) {
    case 'version':
      process.stdout.write('stand-in\n')
      return 0
    case 'ps':
      return ps(args)
    case 'inspect':
      for (const { id } of named(args)) process.stdout.write(`${readState(id).exitCode}\n`)
      return 0
    case 'rm':
      await Promise.all(named(args).map(remove))
      return 0
    case 'stop':
      await Promise.all(named(args).map((spec) => stop(spec, Number(grace))))
      return 0
    case 'restart':
      await Promise.all(named(args).map((spec) => restart(spec, Number(grace))))
      return 0
    default:
      process.stderr.write(`docker: unknown command: docker ${command}\n`)
      return 1
  }
}

/** The plugin: a process of its own, which nobody tells when this one is killed. */
const runPlugin = (args: readonly string[]): Promise<number> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [fileURLToPath(import.meta.url), ...args], {
      stdio: 'inherit',
      env: { ...process.env, DOCKER_STAND_IN_PLUGIN: 'compose' },
    })
    child.on('exit', (code) => resolve(code ?? 1))
  })

const args = process.argv.slice(2)
if (engine() === 'hang') await new Promise(() => setInterval(() => {}, 1_000))
if (engine() === 'down') {
  process.stderr.write(DOWN)
  process.exit(1)
}
const isPlugin = process.env.DOCKER_STAND_IN_PLUGIN === 'compose'
if (args[0] !== 'compose') process.exit(await run(args))
else process.exit(await (isPlugin ? runCompose(args.slice(1)) : runPlugin(args)))
