/** What must not be found, by the place it is planted in. */
export const planted = new Map<string, string>()
/** Plant something that nobody else could have written. @returns it. */
export const plant = (place: string): string => {
  const canary = `Kanari${crypto.randomUUID().replaceAll('-', '')}`
  planted.set(place, canary)
  return canary
}
/** Whose name is nobody’s business. */
export const tenant = `tenant-${plant('tenant')}`
export const API_KEY = `muster_live_abcdefghijkl_${plant('api key')}`
export const secret = plant('secret of the environment')

const aLine = (fields: object): string =>
  JSON.stringify({ level: 'info', time: '2026-11-21T10:00:00.000Z', pid: 7, service: 'worker', ...fields })

/** Of a process. */
export const LOG = [
  aLine({ msg: 'worker is consuming', tasks: ['ocr'], adminPort: 4711 }),
  aLine({ msg: 'worker is consuming', surname: plant('field nobody knows') }),
  aLine({ msg: 'worker is consuming', pool: plant('value of a field') }),
  aLine({ msg: `hello ${plant('message')}` }),
  aLine({ msg: 'worker is consuming', [plant('name of a field')]: 1 }),
  aLine({ msg: 'worker is consuming', tenant }),
  aLine({
    msg: 'process failed',
    error: {
      name: 'UnavailableError',
      code: 'UNAVAILABLE',
      message: plant('message of an error'),
      stack: `    at load (file:///app/worker/main.ts:5:7)\n    ${plant('stack')} happened`,
    },
  }),
  `not JSON ${plant('line that is no JSON')}`,
  aLine({ msg: 'worker is consuming', secret }),
]
/** Of whatever runs the stack. */
export const STACK_LOG = [
  '2026-11-21T10:00:00.000Z info the api answers',
  `2026-11-21T10:00:00.000Z info amqp://muster:${plant('password in a log')}@127.0.0.1:5672/`,
  `Authorization: Bearer ${plant('authorization in a log')}`,
  `the key ${API_KEY} was used`,
  `P<UTO${plant('machine-readable zone').toUpperCase()}<<ANNA<MARIA<<<<<<<<<<`,
  `write to ${plant('e-mail')}@example.org`,
  Buffer.from(`${plant('picture in a log')}`.repeat(8)).toString('base64'),
]
/** Of the database server. */
export const POSTGRES_LOG = [
  '2026-11-21 10:01:22 UTC [1] LOG:  database system is ready to accept connections',
  `2026-11-21 10:01:22 UTC [1] ERROR:  invalid input syntax for type uuid: "${plant('quoted by the server')}"`,
  `2026-11-21 10:01:22 UTC [1] DETAIL:  Key (tenant)=(${plant('row in a log')}) already exists.`,
  `2026-11-21 10:01:22 UTC [1] STATEMENT:  select '${plant('statement in a log')}'`,
  `\tand ${plant('second line of a statement')}`,
]
/** Of a metrics listener. */
export const METRICS = [
  'muster_jobs_submitted_total{service="api",task="ocr"} 5',
  `muster_jobs_submitted_total{service="api",tenant="${tenant}"} 1`,
  `muster_jobs_submitted_total{service="api",reason="${plant('value of a label')}"} 1`,
  `muster_jobs_submitted_total{${plant('name of a label')}="x"} 1`,
  `${plant('name of a metric')}_total 1`,
]
