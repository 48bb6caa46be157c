import { createNomadFleet } from '../../../../infra/nomad/fleet.ts'
import { NomadServer } from '../../../fakes/nomad-server.ts'

/** A fleet on a server that speaks Nomad's API, with a job whose group `worker` has two nodes. @param servers those to stop */
export const aNomadFleet = async (servers: NomadServer[], timeoutMs = 10_000) => {
  const server = new NomadServer()
  servers.push(server)
  const address = await server.start()
  const job = server.addJob('muster worker/checks', 'worker', 2, { Min: 1, Max: 9, Enabled: false })
  let token: string | undefined
  const fleet = createNomadFleet(
    { address, token: () => token, namespace: 'identity', region: 'eu', timeoutMs },
    (pool) => (pool === 'nowhere' ? undefined : { job: `muster worker/${pool}`, group: 'worker' }),
  )
  const change = async (count: number) => {
    const { version } = await fleet.view('checks')
    return fleet.setCount({ pool: 'checks', count, version, message: 'why', meta: { forecast: '3' } })
  }
  const showToken = (next: string) => {
    token = next
  }
  return { server, job, fleet, change, showToken }
}
