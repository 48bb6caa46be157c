import { expect, it } from 'vitest'
import { addressesOf } from '../../../../infra/rabbitmq/addresses.ts'

it('reads one node', () => {
  expect(addressesOf('amqp://user:p%40ss@host:5673/my%2Fhost?heartbeat=7')).toEqual([
    {
      protocol: 'amqp',
      hostname: 'host',
      port: 5673,
      username: 'user',
      password: 'p@ss',
      vhost: 'my%2Fhost',
      heartbeat: 7,
    },
  ])
})

it('reads the nodes of a cluster, in their order', () => {
  const nodes = addressesOf('amqps://a:b@one, amqps://a:b@two:1234,amqps://a:b@[::1]')
  expect(nodes.map(({ hostname, port }) => [hostname, port])).toEqual([
    ['one', 5671],
    ['two', 1234],
    ['::1', 5671],
  ])
})

it('beats often enough to notice a dead peer within seconds, unless told', () => {
  expect(addressesOf('amqp://host')[0]).toMatchObject({ heartbeat: 5, username: 'guest', password: 'guest' })
})
