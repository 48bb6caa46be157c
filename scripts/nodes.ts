import type { Command } from 'commander'
import type { FleetNode, FleetNodes } from '../infra/domain/fleet-node.ts'
import { print, say, sayLoud, table } from './output.ts'
import { formatAge } from './pools.ts'

const HEADER = ['NODE', 'STATE', 'ZONE', 'POOLS', 'READY', 'DEVICES', 'VERSION', 'HEARD', 'HOW']

interface Words {
  readonly presentNodes: (fleet: FleetNodes) => readonly FleetNode[]
  readonly nodeState: (node: FleetNode, now: number) => string
  readonly nodeHeadline: (node: FleetNode, drain: FleetNodes['drains'][number] | undefined, now: number) => string
}

const devicesInWords = ({ devices }: FleetNode): string =>
  devices
    .map(({ name, quarantine, utilisationRatio }) => {
      const used = utilisationRatio === null ? '' : ` ${Math.round(utilisationRatio * 100)} %`
      return quarantine ? `${name} FAILED` : `${name}${used}`
    })
    .join(', ') || '-'

const toRow = (node: FleetNode, fleet: FleetNodes, { nodeState, nodeHeadline }: Words): readonly string[] => {
  const { name, zone, pools, workers, moreWorkers, version, seenAt } = node
  const ready = workers.filter(({ state }) => state === 'ready').length
  const drain = fleet.drains.find((one) => one.node === name)
  return [
    ...[name, nodeState(node, fleet.at), zone ?? '-', pools.join(' ')],
    ...[`${ready}/${workers.length + moreWorkers}`, devicesInWords(node), version],
    ...[`${formatAge(fleet.at - seenAt)} ago`, nodeHeadline(node, drain, fleet.at)],
  ]
}

const tell = (fleet: FleetNodes, words: Words): void => {
  const rows = words.presentNodes(fleet).map((node) => toRow(node, fleet, words))
  if (rows.length > 0) print(table([HEADER, ...rows]))
  else say('no node has told of itself; those without a supervisor, or without DATABASE_URL, do not')
  const unseen = fleet.drains.filter(({ node }) => !fleet.nodes.some(({ name }) => name === node))
  for (const { node, reason } of unseen) say(`${node} is drained (${reason}) and was not heard of lately`)
  const silent = rows.filter(([, state]) => state === 'silent').length
  if (silent > 0) sayLoud(`${silent} silent: gone without a word, or without the database`)
}

/** `./muster nodes` */
export const registerNodes = (program: Command): void => {
  program
    .command('nodes')
    .summary('the machines of the fleet: workers, devices, versions, and how each is')
    .description(
      'As their supervisors told last, every ten seconds. Read from the database alone. docs/nodes.md says what each state means.',
    )
    .option('--json', 'for programs: what HTTP answers')
    .action(async ({ json }: { readonly json?: boolean }) => {
      const { withFleet } = await import('./fleet-database.ts')
      const { MOST_NODES } = await import('../autoscaler/drains.ts')
      const { toNodesResource } = await import('../autoscaler/routes/nodes.ts')
      const { nodeState, presentNodes } = await import('../infra/domain/fleet-node.ts')
      const { nodeHeadline } = await import('../autoscaler/node-words.ts')
      await withFleet(program, [], async ({ nodes, pools }) => {
        const fleet = await nodes.list(MOST_NODES)
        if (json) print(JSON.stringify(toNodesResource(fleet, pools), null, 2))
        else tell(fleet, { presentNodes, nodeState, nodeHeadline })
      })
    })
}
