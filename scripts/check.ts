import { join } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Answer, MusterError, TaskName } from '../api/client/client.ts'
import { DOCUMENT_TYPES, type DocumentType } from '../infra/domain/results.ts'
import type { CheckRow } from './check-report.ts'
import { EXIT } from './exit-code.ts'
import { print, say, sayDim, sayLoud } from './output.ts'
import { readEnvFile } from './stack/env-file.ts'
import { stackFolder } from './stack/folder.ts'

/** The table that `./muster up` closes with. */
export { formatCheckTable } from './check-report.ts'

/** Where Muster is and who asks. */
export interface CheckEnv {
  readonly url: string
  readonly apiKey: string
}

interface CheckFlags {
  readonly json?: boolean
  readonly url?: string
  /** ms */
  readonly timeout?: number
  readonly documentType?: DocumentType
}

type Client = InstanceType<typeof import('../api/client/client.ts').Muster>

const EXIT_BY_NAME: Readonly<Record<string, number>> = {
  ConfigurationError: EXIT.usage,
  NotFoundError: EXIT.notFound,
  AuthenticationError: EXIT.denied,
  PermissionDeniedError: EXIT.denied,
  ConnectionError: EXIT.unavailable,
  TimeoutError: EXIT.unavailable,
  UnavailableError: EXIT.unavailable,
  RateLimitError: EXIT.unavailable,
}
/** What a proxy answers when the service behind it is away. */
const GATEWAY_STATUSES: ReadonlySet<number | undefined> = new Set([502, 504])

/** The exit code for what a check threw. Pure. */
export const exitCodeOfCheck = (error: MusterError): number => {
  if (error.code === 'PICTURE_NOT_READ' && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT')
    return EXIT.notFound
  if (GATEWAY_STATUSES.has(error.status)) return EXIT.unavailable
  return EXIT_BY_NAME[error.name] ?? EXIT.failed
}

/**
 * Decide whom to ask: flag, then environment, then what the last `./muster up` wrote. The key of that file goes only to
 * the address of that file, so that `--url` cannot send it elsewhere.
 * @returns undefined when it is not known
 */
export const checkEnv = (
  url: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  file: Readonly<Record<string, string>>,
): Partial<CheckEnv> => {
  const chosen = url ?? (env.MUSTER_URL || file.MUSTER_URL)
  const apiKey = env.MUSTER_API_KEY || (chosen === file.MUSTER_URL ? file.MUSTER_API_KEY : undefined)
  return { ...(chosen && { url: chosen }), ...(apiKey && { apiKey }) }
}

const seconds = (text: string): number => {
  const value = Number(text)
  if (!(value > 0)) throw new InvalidArgumentError('a number of seconds over 0 is needed')
  return value * 1000
}

const fail = (code: number, ...lines: readonly string[]): void => {
  const [first = '', ...more] = lines
  sayLoud(`muster: ${first}`)
  for (const line of more) say(line)
  process.exitCode = code
}

type Ask<T extends TaskName> = (muster: Client, files: readonly string[], flags: CheckFlags) => Promise<Answer<T>>

const ASK: { readonly [T in TaskName]: Ask<T> } = {
  'face-match': (muster, [source = '', target = '']) => muster.faceMatch({ source, target }),
  liveness: (muster, [image = '']) => muster.liveness({ image }),
  ocr: (muster, [image = ''], { documentType }) => muster.ocr({ image, ...(documentType && { documentType }) }),
}

const openClient = async ({ url, apiKey }: CheckEnv, timeoutMs: number | undefined): Promise<Client> => {
  const { Muster } = await import('../api/client/client.ts')
  return new Muster({ baseUrl: url, apiKey, ...(timeoutMs !== undefined && { timeoutMs }) })
}

const sayError = async (error: unknown, json: boolean | undefined): Promise<void> => {
  const [{ MusterError }, { formatError }] = await Promise.all([
    import('../api/client/client.ts'),
    import('./check-report.ts'),
  ])
  // A job that failed is an answer too: programs get it where they look for it.
  if (json && error instanceof Error && 'job' in error) print(JSON.stringify(error.job, null, 2))
  fail(error instanceof MusterError ? exitCodeOfCheck(error) : EXIT.failed, ...formatError(error))
}

const runCommand = async (
  task: TaskName,
  files: readonly string[],
  flags: CheckFlags,
  env: Partial<CheckEnv>,
): Promise<void> => {
  const { url, apiKey } = env
  if (url === undefined)
    return fail(EXIT.unavailable, 'no Muster to ask', '  ./muster up starts one; or set MUSTER_URL and MUSTER_API_KEY')
  if (apiKey === undefined)
    return fail(EXIT.denied, `no API key for ${url}`, '  set MUSTER_API_KEY; ./muster keys create makes a key')
  sayDim(`asking ${url}`)
  const startedAt = performance.now()
  try {
    const muster = await openClient({ url, apiKey }, flags.timeout)
    const answer = await ASK[task](muster, files, flags)
    const { formatAnswer } = await import('./check-report.ts')
    if (flags.json) print(JSON.stringify(answer.job, null, 2))
    else print(formatAnswer(task, answer, performance.now() - startedAt))
  } catch (error) {
    await sayError(error, flags.json)
  }
}

const SAMPLES: readonly { readonly task: TaskName; readonly files: readonly string[] }[] = [
  { task: 'face-match', files: ['person_a_2009.jpg', 'person_a_2012.jpg'] },
  { task: 'liveness', files: ['person_a_2012.jpg'] },
  { task: 'ocr', files: ['passport_td3_eriksson_clean.png'] },
]

const sampleRow = async (muster: Client, task: TaskName, files: readonly string[]): Promise<CheckRow> => {
  const { formatError, verdictOf } = await import('./check-report.ts')
  const startedAt = performance.now()
  const tookMs = () => performance.now() - startedAt
  try {
    const answer = await ASK[task](muster, files, {})
    const { outcome, facts } = verdictOf(task, answer)
    const [name, value] = facts[0] ?? ['', '']
    return { check: task, ok: true, outcome, detail: `${name} ${value}`, timings: answer.job.timings, tookMs: tookMs() }
  } catch (error) {
    const [outcome = '', detail = ''] = formatError(error)
    return { check: task, ok: false, outcome, detail: detail.trim(), timings: {}, tookMs: tookMs() }
  }
}

/**
 * One check of each kind with sample pictures, one after the other. A check that fails is a row that says so.
 * @param samplesDir the folder of the sample pictures
 * @throws ConfigurationError when the address or the key cannot be used at all
 */
export const runSampleChecks = async (env: CheckEnv, samplesDir: string): Promise<CheckRow[]> => {
  const muster = await openClient(env, undefined)
  const rows: CheckRow[] = []
  for (const { task, files } of SAMPLES) {
    const paths = files.map((file) => join(samplesDir, file))
    rows.push(await sampleRow(muster, task, paths))
  }
  return rows
}

const EXAMPLES = `Examples:
  ./muster check face-match passport.jpg selfie.jpg
  ./muster check liveness selfie.jpg --json
  ./muster check ocr passport.png --document-type passport
`

/** `./muster check`: one identity check through the client SDK. */
export const registerCheck = (program: Command): void => {
  const check = program
    .command('check')
    .summary('ask for one identity check, and see what came out and where the time went')
    .description(
      'Ask for one identity check. "No match" and "not live" are answers: exit code 0.\n\n' +
        'Whom to ask: --url, else MUSTER_URL, else the last ./muster up.\n' +
        'The API key: MUSTER_API_KEY, else that of the last ./muster up.',
    )
    .addHelpText('before', EXAMPLES)

  const add = (task: TaskName, usage: string, summary: string): Command =>
    check
      .command(`${task} ${usage}`)
      .summary(summary)
      .description(`${summary}.`)
      .option('--json', 'print the job as the service gave it, and nothing else on stdout')
      .option('--url <url>', 'where Muster is')
      .option('--timeout <seconds>', 'for the whole check', seconds)
      .action(async (...args: unknown[]) => {
        const command = args.at(-1) as Command
        const flags = command.opts<CheckFlags>()
        const file = readEnvFile(stackFolder(program.opts<{ dir?: string }>().dir).env)
        await runCommand(task, command.args, flags, checkEnv(flags.url, process.env, file))
      })

  add('face-match', '<source> <target>', 'whether two pictures show the same person')
  add('liveness', '<image>', 'whether a picture shows a living person in front of the camera')
  add('ocr', '<document>', 'what an identity document says').addOption(
    new Option('--document-type <type>', 'what the document is, where that is known').choices(DOCUMENT_TYPES),
  )
}
