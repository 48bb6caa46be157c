import { openDrain, openUndrain } from '../dialogs/drain-dialogs.ts'
import { type Child, h } from '../dom/element.ts'
import { icon, type Level } from '../dom/icon.ts'
import { live } from '../dom/live.ts'
import { type Column, table } from '../dom/table.ts'
import { timeOf } from '../dom/time.ts'
import { findBox } from '../panels/find-box.ts'
import { panel, trouble } from '../panels/panel.ts'
import type { Console, View } from '../state/console.ts'
import type { Life } from '../state/life.ts'
import type { Node, Nodes } from '../state/resources.ts'
import { createSource } from '../state/source.ts'
import { value } from '../state/value.ts'
import { isFound } from '../words/find.ts'
import { ago } from '../words/instants.ts'
import { amount, count, percent, plural } from '../words/numbers.ts'

const EVERY_MS = 5_000
const GIB = 1024 ** 3
/** More machines than that are shown when they are asked for: of hundreds nobody reads all. */
const SHOWN = 48

const LEVELS: Readonly<Record<Node['state'], Level>> = {
  ...{ starting: 'note', ready: 'well', degraded: 'watch', quarantined: 'bad' },
  ...{ draining: 'watch', drained: 'watch', stopping: 'note', silent: 'bad' },
}

const devices = ({ devices: all }: Node): readonly Child[] =>
  all.map(({ name, gpu, driver, quarantined, why, utilisation, memoryUsedBytes, memoryBytes }) => {
    const memory =
      memoryBytes === null
        ? ''
        : `, ${memoryUsedBytes === null ? '?' : amount(memoryUsedBytes / GIB)} of ${amount(memoryBytes / GIB)} GiB`
    const use = name === 'cpu' && utilisation === null ? '' : `, ${percent(utilisation)} busy${memory}`
    return h(
      'li',
      {},
      quarantined && icon('bad', 'in quarantine'),
      `${gpu ?? name}${driver === null ? '' : ` (driver ${driver})`}${use}`,
      quarantined && h('b', {}, ` in quarantine: ${why ?? 'it failed again and again'}`),
    )
  })

const WORKER_COLUMNS: readonly Column[] = [
  ...[{ name: 'Worker' }, { name: 'State' }, { name: 'Since' }],
  ...['In hand', 'Restarts'].map((name) => ({ name, kind: 'number' }) as const),
  ...[{ name: 'On' }, { name: 'Models' }],
]

const workerTable = ({ id, name, workers, moreWorkers }: Node, now: number): HTMLElement =>
  h(
    'div',
    {},
    table({
      // A machine may have several supervisors.
      label: `Workers of ${name}, supervisor ${id}`,
      columns: WORKER_COLUMNS,
      rows: workers.map(({ pool, index, state, since, inHand, restarts, devices: on, models }) => ({
        key: `${pool}/${index}`,
        cells: [
          ...[`${pool} ${index}`, state, timeOf(since, now), inHand ?? '–', restarts ?? '–'],
          ...[on.join(', ') || '–', models ?? '–'],
        ],
      })),
    }),
    moreWorkers > 0 && h('p', { class: 'quiet' }, `and ${moreWorkers} more`),
  )

const card = (console: Console, node: Node, onDone: () => void): HTMLElement => {
  const { id, name, state, headline, zone, pools, version, seenAt, drain, load } = node
  const now = console.now.get()
  const may = console.signedIn.may('fleet:operate')
  const act = drain
    ? h('button', { type: 'button', onclick: () => openUndrain(console, node, onDone) }, 'Let it work again…')
    : h('button', { type: 'button', onclick: () => openDrain(console, node, onDone) }, 'Drain…')
  return h(
    'article',
    { class: 'panel card node', 'data-key': id, 'aria-label': `Node ${name}` },
    h(
      'div',
      { class: 'card-head' },
      h('h3', {}, name),
      h('span', { class: `chip is-${LEVELS[state]}` }, icon(LEVELS[state]), state),
      may && act,
    ),
    h('p', {}, headline),
    drain &&
      h(
        'p',
        { class: 'note-line' },
        icon('note'),
        h('span', {}, `Drained by ${drain.by} until `, timeOf(drain.until, now), `: “${drain.reason}”`),
      ),
    h(
      'p',
      { class: 'quiet' },
      `${pools.join(', ') || 'no pools'}${zone === null ? '' : `; zone ${zone}`}; Muster ${version}; heard of ${ago(Date.parse(seenAt), now)}${load === null ? '' : `; load ${amount(load.perCore)} on each of ${load.cores} cores`}`,
    ),
    h('ul', { class: 'devices' }, ...devices(node)),
    h('details', {}, h('summary', {}, 'Workers'), workerTable(node, now)),
  )
}

const tally = (nodes: readonly Node[]): string => {
  const by = (read: (node: Node) => string) =>
    [...Map.groupBy(nodes, read)].map(([name, some]) => `${some.length} ${name}`).join(', ')
  return `${plural(nodes.length, 'node')}: ${by(({ state }) => state)}. Versions: ${by(({ version }) => `with ${version}`)}.`
}

/** By what a machine can be found. */
const wordsOf = ({ name, id, state, zone, pools, version, devices: all }: Node): string =>
  [name, id, state, zone ?? '', version, ...pools, ...all.map(({ gpu }) => gpu ?? '')].join(' ')

const ORDER: readonly Level[] = ['bad', 'watch', 'unknown', 'note', 'well']

const worstFirst = (nodes: readonly Node[]): readonly Node[] =>
  nodes.toSorted((a, b) => ORDER.indexOf(LEVELS[a.state]) - ORDER.indexOf(LEVELS[b.state]))

/** The machines: how each is, what runs on it, and a way to let it rest. */
export const nodesView = (console: Console, life: Life): View => {
  const { api } = console
  const source = createSource((signal) => api.get<Nodes>('nodes', {}, signal), { everyMs: EVERY_MS, life })
  const wanted = value('')
  let most = SHOWN
  const find = findBox('find-node', 'Find by name, state, pool, zone, version or GPU', (words) => {
    most = SHOWN
    wanted.set(words)
  })
  const more = (): void => {
    most += SHOWN
    part.refresh()
  }
  const part = live('div', { class: 'panel-body' }, () => {
    const loaded = source.state.get()
    const told = loaded.value
    if (!told) return trouble(loaded)
    const found = worstFirst(told.nodes.filter((node) => isFound(wanted.get(), wordsOf(node))))
    const left = found.length - most
    return [
      ...trouble(loaded),
      h('p', {}, told.nodes.length === 0 ? 'No node was heard of in the last day.' : tally(told.nodes)),
      ...told.elsewhere.map(({ name, drain }) =>
        h(
          'p',
          { class: 'note-line' },
          icon('note'),
          h('span', {}, `${name} is to rest, said ${drain.by}, and was not heard of lately: “${drain.reason}”`),
        ),
      ),
      found.length < told.nodes.length && h('p', { role: 'status' }, `${count(found.length)} of them found.`),
      h('div', { class: 'cards' }, ...found.slice(0, most).map((node) => card(console, node, source.refresh))),
      left > 0 && h('button', { type: 'button', onclick: more }, `Show more: ${count(left)} others are better off`),
    ]
  })
  life.onEnd(source.state.watch(part.refresh))
  life.onEnd(wanted.watch(part.refresh))
  const note = !console.signedIn.may('fleet:operate') && h('p', { class: 'quiet' }, 'Draining takes the role operator.')
  return {
    title: 'Nodes',
    element: h(
      'div',
      { class: 'view' },
      h('h1', { tabindex: -1 }, 'Nodes'),
      panel('nodes', 'Machines', [note], find, part.element),
    ),
  }
}
