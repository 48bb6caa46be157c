import { type Child, h } from '../dom/element.ts'
import { icon } from '../dom/icon.ts'
import { timeOf } from '../dom/time.ts'
import { waterfall } from '../panels/waterfall.ts'
import type { Console, View } from '../state/console.ts'
import type { Life } from '../state/life.ts'
import { asProblem } from '../state/problem.ts'
import type { FleetJob } from '../state/resources.ts'
import { hashOf } from '../state/route.ts'
import { duration } from '../words/numbers.ts'

/** A job that is not over changes: it is asked for again. */
const EVERY_MS = 2_000

const WELL: ReadonlySet<string> = new Set(['succeeded', 'queued', 'running'])

const lengthOf = ({ createdAt, finishedAt }: FleetJob): string =>
  finishedAt === null ? '' : duration(Date.parse(finishedAt) - Date.parse(createdAt))

const facts = (job: FleetJob): HTMLElement => {
  const now = Date.now()
  const when = (at: string | null): Child => (at === null ? '–' : timeOf(at, now, { seconds: true }))
  const rows: readonly (readonly [string, ...Child[]])[] = [
    ['Task', job.task],
    ['Lane', job.lane],
    ['Tenant', job.tenant],
    ['Attempts', String(job.attempts)],
    ['Came', when(job.createdAt)],
    ['Begun', when(job.startedAt)],
    ['Over', when(job.finishedAt), lengthOf(job) && `, after ${lengthOf(job)}`],
    ['Deadline', when(job.deadline)],
    ['Models', job.models.map(({ name, version }) => `${name}@${version}`).join(', ') || '–'],
    ['Data', job.erased ? 'erased' : 'kept until its time is over'],
  ]
  return h('dl', { class: 'pairs' }, ...rows.flatMap(([name, ...words]) => [h('dt', {}, name), h('dd', {}, ...words)]))
}

const picture = (job: FleetJob): readonly Child[] => [
  h(
    'p',
    { class: 'job-state' },
    icon(WELL.has(job.status) ? 'well' : 'bad'),
    h('b', {}, job.status),
    job.error && h('span', {}, ` ${job.error.code}, the fault of the ${job.error.fault}`),
  ),
  facts(job),
  h('h3', {}, 'Where its time went'),
  ...waterfall(job.hops),
]

const wordsOf = (error: unknown): string => {
  const { status, message } = asProblem(error)
  if (status === 404)
    return 'There is no such job. It may be too old to be kept; or look whether all of the id is there.'
  return `It cannot be read: ${message}.`
}

const lookUp = ({ api }: Console, life: Life, id: string): HTMLElement => {
  const body = h('div', { class: 'panel-body', role: 'status' }, h('p', { class: 'quiet' }, 'Looking…'))
  const ask = async (): Promise<void> => {
    if (life.signal.aborted) return
    try {
      const job = await api.get<FleetJob>(`fleet/jobs/${encodeURIComponent(id)}`, {}, life.signal)
      body.replaceChildren(...picture(job).filter((child) => child instanceof HTMLElement))
      if (!job.over) setTimeout(() => void ask(), EVERY_MS)
    } catch (error) {
      if (!life.signal.aborted)
        body.replaceChildren(h('p', { class: 'trouble', role: 'alert' }, icon('watch'), wordsOf(error)))
    }
  }
  void ask()
  return h(
    'section',
    { class: 'panel', 'aria-labelledby': 'job-title' },
    h('div', { class: 'panel-head' }, h('h2', { id: 'job-title' }, id)),
    body,
  )
}

/** Look a job up, and see where its time went. @param id '' = none yet */
export const jobView = (console: Console, life: Life, id: string): View => {
  const input = h('input', {
    id: 'job',
    name: 'job',
    type: 'text',
    required: true,
    autocomplete: 'off',
    spellcheck: 'false',
    value: id,
    placeholder: '00000000-0000-0000-0000-000000000000',
  })
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    const wanted = hashOf({ view: 'job', id: input.value.trim() })
    if (location.hash === wanted) window.dispatchEvent(new HashChangeEvent('hashchange'))
    else location.hash = wanted
  }
  const form = h(
    'form',
    { class: 'look-up', onsubmit: submit },
    h('div', { class: 'field' }, h('label', { for: 'job' }, 'Id of the job'), input),
    h('button', { type: 'submit', class: 'primary' }, 'Look up'),
  )
  const note = h(
    'p',
    { class: 'quiet' },
    'Of any tenant: how it fared, never what it was about. That you looked is kept in the audit trail.',
  )
  const element = h(
    'div',
    { class: 'view' },
    h('h1', { tabindex: -1 }, 'Job'),
    form,
    note,
    id !== '' && lookUp(console, life, id),
  )
  return { title: 'Job', element }
}
