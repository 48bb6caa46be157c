import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import type { WebhookSender } from '../ports/webhook-sender.ts'
import type { Resolve } from './resolve.ts'

/**
 * Try to be called from outside what only the inside may call: a listener of our own on the loopback address, by number, in
 * disguise, and by a name that leads there. Whatever the code above believes, what counts is that nobody knocks.
 * @param open makes a sender like the real one, without its allow-list, that may use the given port
 * @returns true when every try was refused and none arrived
 */
export const refusesLoopback = async (open: (port: string, resolve: Resolve) => WebhookSender): Promise<boolean> => {
  let knockCount = 0
  const server = createServer((socket) => {
    knockCount += 1
    socket.destroy()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const port = String((server.address() as AddressInfo).port)
    const sender = open(port, async () => ['127.0.0.1'])
    const hosts = ['127.0.0.1', '[::ffff:127.0.0.1]', '0x7f000001', 'localhost', 'loopback.example']
    const tries = hosts.map((host) => sender.call({ url: `https://${host}:${port}/`, headers: {}, body: '' }))
    const called = await Promise.all(tries)
    return knockCount === 0 && called.every((one) => one.kind === 'failed' && one.failure === 'ADDRESS_REFUSED')
  } finally {
    server.close()
  }
}
