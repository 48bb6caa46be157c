import { PROBLEM_TYPE, PROBLEMS } from '../../../infra/http/problem.ts'
import type { FuzzAnswer, FuzzRequest } from './fuzz-request.ts'
import { type Document, nameOf } from './openapi-document.ts'

/** What any path may answer with, whatever its operation says: the request never got as far as the operation. */
const IN_PASSING: readonly number[] = [404, 405, 408, 431]
/** Words of our machinery that no caller may ever read. */
const LEAKS =
  /node_modules|\.[cm]?[jt]s:\d|\bat [\w.<>]+ \(|\/(home|root|usr|tmp|work)\/|TypeError|ReferenceError|SyntaxError|FST_|ECONN|\bselect .+ from\b|\bpg_|amqp/i

const problemFaults = ({ status, headers, text }: FuzzAnswer): string[] => {
  if (!headers['content-type']?.startsWith(PROBLEM_TYPE)) return ['an error that is no problem']
  const problem = JSON.parse(text) as Readonly<Record<string, unknown>>
  const code = problem.code as keyof typeof PROBLEMS
  return [
    ...(problem.status === status && PROBLEMS[code]?.status === status ? [] : ['a status that is not its code’s']),
    ...(problem.request_id === headers['x-request-id'] ? [] : ['a request id that is not its header’s']),
  ]
}

/** What is wrong with an answer to an operation of a document; empty = nothing. */
export const faultsOf = (document: Document, { to, method }: FuzzRequest, answer: FuzzAnswer): string[] => {
  const { status, headers, text } = answer
  const operation = document.operations.find((one) => nameOf(one) === to)
  const documented = [...Object.keys(operation?.responses ?? {}).map(Number), ...IN_PASSING]
  const illegible = text.includes('"MALFORMED_REQUEST"')
  const wrong: readonly (readonly [string, boolean])[] = [
    ['a fault of the server', status >= 500],
    ['an undocumented status', !illegible && method === operation?.method && !documented.includes(status)],
    ['no sane request id', !/^[\w.:-]{1,128}$/.test(String(headers['x-request-id']))],
    ['no nosniff', headers['x-content-type-options'] !== 'nosniff'],
    ['not no-store', !/^no-store(, no-transform)?$/.test(headers['cache-control'] ?? '')],
    ['a header of somebody else’s', 'set-cookie' in headers || 'access-control-allow-origin' in headers],
    ['a leak', LEAKS.test(text)],
  ]
  const faults = wrong.filter(([, found]) => found).map(([name]) => name)
  return status >= 400 && method !== 'HEAD' ? [...faults, ...problemFaults(answer)] : faults
}

/** A request as it can be sent again. */
export const describeRequest = ({ body, ...request }: FuzzRequest): string =>
  `${JSON.stringify(request)} with ${body?.type}: ${body?.bytes.toString('latin1').slice(0, 300)}`
