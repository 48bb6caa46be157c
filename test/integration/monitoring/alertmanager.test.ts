import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { parse } from 'yaml'
import { eventually } from '../../fixtures/eventually.ts'
import { MONITORING } from '../../fixtures/monitoring.ts'
import { type ShownAlert, startAlertmanager } from '../../fixtures/real-alertmanager.ts'
import { listen } from '../../fixtures/webhook-receivers.ts'

interface Config {
  readonly receivers: readonly { readonly name: string }[]
}
const config = parse(readFileSync(join(MONITORING, 'alertmanager.yml'), 'utf8')) as Config

type Labels = Readonly<Record<string, string>>

/** Our configuration in a real Alertmanager, until the test ends. */
const open = async (with_: Config = config) => {
  const alertmanager = await startAlertmanager(with_)
  onTestFinished(alertmanager.stop)
  return alertmanager
}

const text = ({ labels }: Pick<ShownAlert, 'labels'>): string => JSON.stringify(Object.entries(labels).sort())
const texts = (alerts: readonly Labels[]): readonly string[] => alerts.map((labels) => text({ labels })).sort()

/** Lets all of them fire at once and waits until those, and no others, are kept quiet. */
const expectQuiet = async (quiet: readonly Labels[], heard: readonly Labels[]): Promise<void> => {
  const alertmanager = await open()
  await alertmanager.fire([...quiet, ...heard])
  await eventually(async () => {
    const alerts = await alertmanager.alerts()
    const inState = (state: string) =>
      alerts
        .filter(({ status }) => status.state === state)
        .map(text)
        .sort()
    expect(inState('suppressed')).toEqual(texts(quiet))
    expect(inState('active')).toEqual(texts(heard))
  })
}

it('keeps quiet, while no api answers, what follows from that, and nothing else', () =>
  expectQuiet(
    [
      { alertname: 'MusterNoRequests' },
      { alertname: 'MusterAvailabilityBudgetFast', task: 'ocr' },
      { alertname: 'MusterLatencyBudgetSlow', task: 'ocr' },
      { alertname: 'MusterTargetAway', job: 'muster-api', instance: 'a:9464' },
      { alertname: 'MusterAutoscalerStale', pool: 'ocr' },
      { alertname: 'MusterAutoscalerDoubts', pool: 'ocr' },
    ],
    [
      { alertname: 'MusterNoApi', severity: 'critical' },
      { alertname: 'MusterTargetAway', job: 'muster-node', instance: 'n:9480' },
      { alertname: 'MusterNoWorkers', pool: 'ocr', severity: 'critical' },
      { alertname: 'MusterDeadLetters' },
      { alertname: 'MusterWatchdog', severity: 'none' },
    ],
  ))

it('tells of a process that does not answer as long as another api does', () =>
  expectQuiet([], [{ alertname: 'MusterTargetAway', job: 'muster-api', instance: 'a:9464' }]))

it('tells of a queue whose pool has workers, and of a pool without workers once', () =>
  expectQuiet(
    [{ alertname: 'MusterQueueAge', pool: 'ocr', lane: 'bulk' }],
    [
      { alertname: 'MusterNoWorkers', pool: 'ocr', severity: 'critical' },
      { alertname: 'MusterQueueAge', pool: 'liveness', lane: 'bulk' },
    ],
  ))

it('tells of a budget that burns fast and slowly once for each task', () =>
  expectQuiet(
    [
      { alertname: 'MusterAvailabilityBudgetSlow', task: 'ocr' },
      { alertname: 'MusterLatencyBudgetSlow', task: 'ocr' },
    ],
    [
      { alertname: 'MusterAvailabilityBudgetFast', task: 'ocr' },
      { alertname: 'MusterLatencyBudgetFast', task: 'ocr' },
      { alertname: 'MusterAvailabilityBudgetSlow', task: 'liveness' },
      { alertname: 'MusterLatencyBudgetSlow', task: 'liveness' },
    ],
  ))

it('tells of the same alert of many processes together, and of each pool apart', async () => {
  const alertmanager = await open()
  await alertmanager.fire([
    { alertname: 'MusterTargetAway', job: 'muster-node', instance: 'a:9480' },
    { alertname: 'MusterTargetAway', job: 'muster-node', instance: 'b:9480' },
    { alertname: 'MusterNoWorkers', pool: 'ocr', severity: 'critical' },
    { alertname: 'MusterNoWorkers', pool: 'liveness', severity: 'critical' },
    { alertname: 'MusterWatchdog', severity: 'none' },
  ])
  await eventually(async () => {
    const groups = (await alertmanager.groups()).map(
      ({ labels, receiver, alerts }) =>
        `${receiver.name}: ${[labels.alertname, labels.pool].filter(Boolean).join(' ')}, ${alerts.length}`,
    )
    expect(groups.sort()).toEqual([
      'heartbeat: MusterWatchdog, 1',
      'people: MusterNoWorkers liveness, 1',
      'people: MusterNoWorkers ocr, 1',
      'people: MusterTargetAway, 2',
    ])
  })
})

it('beats to the receiver `heartbeat` at once, and to nobody else', async () => {
  const heard = await listen((_request, response) => response.end())
  const receivers = config.receivers.map(({ name }) => ({
    name,
    webhook_configs: [{ url: `${heard.origin}/${name}` }],
  }))
  const alertmanager = await open({ ...config, receivers })
  await alertmanager.fire([{ alertname: 'MusterWatchdog', severity: 'none' }])
  await eventually(() => expect(heard.seen.map(({ url }) => url)).toContain('/heartbeat'))
  const [alert] = await alertmanager.alerts()
  expect(alert?.receivers).toEqual([{ name: 'heartbeat' }])
})
