import { describeFleet } from '../../contract/fleet.ts'
import { MemoryFleet } from '../../fakes/fleet.ts'

describeFleet('memory', async () => {
  const fleet = new MemoryFleet()
  fleet.add('checks', 2)
  return { fleet, pool: 'checks', interfere: async (count) => fleet.interfere('checks', count) }
})
