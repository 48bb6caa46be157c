import { spawnSync } from 'node:child_process'
import { accessSync, constants, readdirSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { EXIT, UsageError } from './exit-code.ts'
import { print, say, sayLoud } from './output.ts'

const FOLDER = fileURLToPath(new URL('../nomad/', import.meta.url))
const EXAMPLE = join(FOLDER, 'site.example.vars.hcl')
/** A server that does not answer must not hold somebody's build up. */
const TIMEOUT_MS = 60_000

const jobPaths = (): readonly string[] =>
  readdirSync(FOLDER)
    .filter((name) => name.endsWith('.nomad.hcl'))
    .sort()
    .map((name) => join(FOLDER, name))

const canRun = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/**
 * The Nomad that checks: NOMAD_BIN, else the one in PATH; undefined where there is none.
 * @throws UsageError when NOMAD_BIN names none
 */
export const findNomad = (env: Readonly<Record<string, string | undefined>>): string | undefined => {
  if (env.NOMAD_BIN && !canRun(env.NOMAD_BIN)) throw new UsageError('NOMAD_BIN names no program that can be run')
  const inPath = (env.PATH ?? '').split(delimiter).filter(Boolean)
  return env.NOMAD_BIN || inPath.map((folder) => join(folder, 'nomad')).find(canRun)
}

/** What the files say, read by ourselves. */
const readProblems = async (paths: readonly string[], site: string): Promise<readonly string[]> => {
  const { checkJobs } = await import('./nomad/check-jobs.ts')
  const { evaluateJob, evaluateVariables } = await import('./nomad/evaluate-hcl.ts')
  const { HclInvalidError, parseHcl } = await import('./nomad/hcl.ts')
  const variables = evaluateVariables(parseHcl(readFileSync(site, 'utf8')))
  const problems: string[] = []
  const files = paths.flatMap((path) => {
    const name = path.slice(FOLDER.length)
    try {
      return [{ name, job: evaluateJob(parseHcl(readFileSync(path, 'utf8')), variables) }]
    } catch (error) {
      if (!(error instanceof HclInvalidError)) throw error
      problems.push(`${name}: ${error.message}`)
      return []
    }
  })
  return [...problems, ...checkJobs(files)]
}

/** What Nomad says where it could not ask an agent: then what only a driver knows was not looked at. */
const NO_AGENT = /driver configuration not validated/i

/** What a Nomad says of job files: what it has against them, and whether an agent was there to ask. */
export const askNomad = (nomad: string, paths: readonly string[], site: string) => {
  const calls = [
    ['fmt', '-check', '-recursive', FOLDER],
    ...paths.map((path) => ['job', 'validate', `-var-file=${site}`, '-hcl2-strict=false', path]),
  ]
  const answers = calls.map((args) => {
    const { status, stdout, stderr, error } = spawnSync(nomad, args, { encoding: 'utf8', timeout: TIMEOUT_MS })
    const said = [error?.message, stdout, stderr].filter(Boolean).join('\n').trim()
    return { ok: status === 0, said, call: `nomad ${args[0]} ${args.at(-1)?.slice(FOLDER.length) || 'nomad/'}` }
  })
  return {
    problems: answers.filter(({ ok }) => !ok).map(({ call, said }) => `${call}: ${said}`),
    withAgent: !answers.some(({ said }) => NO_AGENT.test(said)),
  }
}

const validate = async ({ varFile }: { varFile?: string }): Promise<void> => {
  const nomad = findNomad(process.env)
  const paths = jobPaths()
  const site = varFile ?? EXAMPLE
  const asked = nomad ? askNomad(nomad, paths, site) : undefined
  const problems = [...(await readProblems(paths, site)), ...(asked?.problems ?? [])]
  for (const problem of problems) sayLoud(`muster: ${problem}`)
  process.exitCode = problems.length === 0 ? EXIT.ok : EXIT.failed
  if (problems.length > 0) return
  print(`${paths.length} job files fit Muster's configuration${asked ? ', and Nomad takes them' : ''}`)
  if (!asked) say('not asked: Nomad itself. There is none in PATH; NOMAD_BIN may name one')
  else if (!asked.withAgent) say('not looked at: what drivers say of their part. No agent answers at NOMAD_ADDR')
}

/** `./muster nomad` */
export const registerNomad = (program: Command): void => {
  const nomad = program
    .command('nomad')
    .summary('the job files')
    .description('Job files for Nomad lie in nomad/; docs/nomad.md says how to use them.')
  nomad
    .command('validate')
    .summary('do the job files fit Nomad and Muster?')
    .description(
      'Look at every job file with the variables of a site: whether variables of programs exist and all they need is\n' +
        'there, secrets are files, drains end in time, workers fit their memory, and the autoscaler knows the groups.\n' +
        'Where there is a Nomad, in PATH or at NOMAD_BIN, it checks them too; where there is none, that is said.\n' +
        'Exit code 1 when something is wrong.',
    )
    .option('--var-file <file>', "your site's variables; the example's unless told")
    .action(validate)
}
