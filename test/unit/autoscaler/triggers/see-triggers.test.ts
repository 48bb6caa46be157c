import { describe, expect, it } from 'vitest'
import type { ReadTriggers } from '../../../../autoscaler/triggers/read-triggers.ts'
import type { TriggerAnswer } from '../../../../autoscaler/triggers/trigger-look.ts'
import type { Trigger } from '../../../../infra/domain/trigger.ts'
import { MemoryDecisionStore } from '../../../fakes/decision-store.ts'
import { ScalingWorld } from '../../../fixtures/scaling-world.ts'
import { aTrigger, noData, said } from '../../../fixtures/triggers.ts'

/** A pool of five nodes, of which the forecast wants five, and one trigger that says what a test wants it to say. */
const aWorld = (overrides: Partial<Trigger> = {}, options: ConstructorParameters<typeof ScalingWorld>[0] = {}) => {
  const say: { answer: TriggerAnswer; triggers: readonly Trigger[]; problem: string | undefined } = {
    ...{ answer: said(340), triggers: [aTrigger(overrides)], problem: undefined },
  }
  const readTriggers: ReadTriggers = async () => ({
    looks: say.triggers.map((trigger) => ({ trigger, answer: say.answer })),
    problem: say.problem,
  })
  return { world: new ScalingWorld({ ...options, readTriggers }), say }
}
const alerts = ({ notices }: ScalingWorld) => notices.filter(({ kind }) => kind === 'alert')

describe('a look at a pool with triggers', () => {
  it('does what a trigger asks for, and keeps what it said', async () => {
    const { world } = aWorld()
    expect(await world.look()).toMatchObject({
      ...{ from: 5, to: 7, outcome: 'applied', without: { triggers: 5 } },
      steps: [{ by: 'trigger', before: 5, after: 7, why: 'partner-queue 340 / 50 a node = 7 nodes' }],
      triggers: [{ name: 'partner-queue', value: 340, wanted: 7, asks: 7, state: 'asks' }],
    })
  })

  it('lets the nodes go when it wants them no more', async () => {
    const { world, say } = aWorld()
    await world.look()
    say.answer = said(0)
    expect(await world.look()).toMatchObject({ from: 7, to: 5 })
  })

  it('takes no node away on a value that it does not know, says so, and tells people', async () => {
    const { world, say } = aWorld()
    await world.look()
    say.answer = noData
    world.wanted = 2
    const held = await world.look(9)
    expect(held).toMatchObject({ from: 7, to: 7, triggers: [{ state: 'unknown', asks: 7 }] })
    expect(held?.doubts).toEqual(['trigger partner-queue is unknown for 3 min: no data; 7 nodes stay asked for'])
    expect(alerts(world)[0]?.lines).toEqual([
      'checks: no node goes while in doubt',
      expect.stringMatching(/^trigger partner-queue is unknown for 30 s/),
    ])
    say.answer = said(0)
    expect(await world.look()).toMatchObject({ from: 7, to: 2 })
  })

  it('lets nodes go when the trigger is no longer in its file', async () => {
    const { world, say } = aWorld()
    await world.look()
    say.answer = noData
    await world.look(4)
    say.triggers = []
    const decision = await world.look()
    expect(decision).toMatchObject({ from: 7, to: 5, doubts: [] })
    expect(decision?.triggers).toBeUndefined()
  })

  it('lets nodes go when the file says for how long they are held, and goes on telling people', async () => {
    const { world, say } = aWorld({ letGoAfterMs: 60_000 })
    await world.look()
    say.answer = noData
    expect(await world.look(4)).toMatchObject({ to: 7 })
    const decision = await world.look(2)
    expect(decision).toMatchObject({ to: 5, doubts: [], triggers: [{ state: 'unknown', asks: 0, letGo: true }] })
    expect(alerts(world).at(-1)?.lines).toEqual([
      'checks: triggers need somebody',
      expect.stringMatching(/^trigger partner-queue is unknown for \d+ s: no data; it holds nothing any more$/),
    ])
    say.answer = said(340)
    await world.look()
    expect(world.notices.at(-1)?.lines).not.toContain('checks: triggers need somebody')
    expect(world.notices.some(({ lines }) => lines[0] === 'checks: all its triggers are known again')).toBe(true)
  })

  it('tells people of a file that cannot be used any more', async () => {
    const { world, say } = aWorld()
    say.problem = 'line 3: this is not YAML'
    await world.look(3)
    expect(alerts(world)).toMatchObject([
      {
        lines: ['checks: triggers need somebody', 'the file of triggers is not what counts: line 3: this is not YAML'],
      },
    ])
  })

  it('goes on under another leader with what was asked for', async () => {
    const decisions = new MemoryDecisionStore()
    const { world } = aWorld({ forMs: 300_000 }, { decisions })
    expect(await world.look(11)).toMatchObject({ to: 7 })
    world.term = 2
    expect(await world.look(2)).toMatchObject({ from: 7, to: 7, term: 2, triggers: [{ state: 'asks', asks: 7 }] })
  })

  it('keeps what triggers say while the fleet does not answer', async () => {
    const { world } = aWorld()
    await world.look()
    world.fleet.view = () => Promise.reject(new Error('away'))
    expect(await world.look()).toMatchObject({ outcome: 'unavailable', triggers: [{ name: 'partner-queue', asks: 7 }] })
  })
})
