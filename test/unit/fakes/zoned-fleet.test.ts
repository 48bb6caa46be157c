import { describeZonedFleet } from '../../contract/zoned-fleet.ts'
import { ZonedFleet } from '../../fakes/zoned-fleet.ts'

describeZonedFleet('memory', async () => {
  const fleet = new ZonedFleet('checks', { a: 2, b: 2 })
  return {
    ...{ fleet, pool: 'checks' },
    interfere: async (count) => fleet.interfere(count),
    refuseSecond: () => void fleet.answers.push(undefined, { kind: 'conflict', why: 'refused' }),
  }
})
