import { createServer } from 'node:http'
import { serveParent } from '../child.ts'

/** Takes traces and looks at nothing: what is measured is who sends them. */
let bytes = 0
const server = createServer((request, response) => {
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length
  })
  request.on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'))
})
server.listen(Number(process.env.RECEIVER_PORT), '127.0.0.1', () => serveParent(async () => ({ bytes })))
