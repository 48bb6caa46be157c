import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { openNameSink } from './name-sink.ts'
import { readLeaveCounts } from './network-counters.ts'

/**
 * The program inside a network namespace without a way out: prepares it, runs a command there and writes down what tried
 * to leave. Arguments: a file for what was seen, a file to lie over /etc/resolv.conf, the command.
 */
const [report = '', resolver = '', program = '', ...args] = process.argv.slice(2)

const counts = () => {
  const read = (path: string) => {
    try {
      return readFileSync(path, 'utf8')
    } catch {
      return ''
    }
  }
  return readLeaveCounts(read('/proc/self/net/snmp'), read('/proc/self/net/snmp6'))
}

execFileSync('ip', ['link', 'set', 'lo', 'up'])
// Some programs ask for names only where there is an address beside loopback's.
execFileSync('ip', ['address', 'add', '192.0.2.2/32', 'dev', 'lo'])
execFileSync('mount', ['--bind', resolver, '/etc/resolv.conf'])
const routes = execFileSync('ip', ['route', 'show']).toString().trim()
const sink = await openNameSink()
const before = counts()
const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'] })
const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
const after = counts()
const left = { v4: after.v4 - before.v4, v6: after.v6 - before.v6 }
writeFileSync(report, JSON.stringify({ code, signal, routes, names: sink.names, left }))
sink.close()
