import { AppError } from '../../infra/domain/errors.ts'
import { createScanner, type Scanner } from './hcl-scanner.ts'

/** A text is not the part of HCL that Muster's job files are written in. */
export class HclInvalidError extends AppError {
  readonly code = 'HCL_INVALID'
  readonly retryable = false
}

/** What stands right of `=`, not yet worked out. */
export type Expression =
  | { readonly kind: 'literal'; readonly value: string | number | boolean | null }
  | { readonly kind: 'template'; readonly parts: readonly (string | Expression)[] }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  | { readonly kind: 'object'; readonly entries: readonly (readonly [Expression, Expression])[] }
  | {
      readonly kind: 'for'
      readonly names: readonly string[]
      readonly of: Expression
      readonly key?: Expression
      readonly value: Expression
    }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | { readonly kind: 'quotient'; readonly of: Expression; readonly by: Expression }
  /** `var.pools`, `group.value.min`, `var.addresses[0]`; the text is how it was written */
  | {
      readonly kind: 'path'
      readonly root: string
      readonly steps: readonly (string | Expression)[]
      readonly text: string
    }

/** What stands between braces, and a file as a whole. */
export interface Body {
  readonly attributes: ReadonlyMap<string, Expression>
  readonly blocks: readonly Block[]
}

/** `group "api" { ... }` */
export interface Block {
  readonly type: string
  readonly labels: readonly string[]
  readonly body: Body
}

const NUMBER = /-?\d+(\.\d+)?/y
const WORD = /[A-Za-z_][A-Za-z0-9_-]*/y
const HEREDOC = /<<(-?)([A-Z]+)\n([\s\S]*?)\n[ \t]*\2(?=\n|$)/y
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '"': '"', '\\': '\\' }

/** `${...}` in text; `$${` is the text itself. Directives are beyond this reader. */
const readTemplate = (scanner: Scanner, isEnd: () => boolean, quoted: boolean): Expression => {
  const parts: (string | Expression)[] = []
  let text = ''
  while (!isEnd()) {
    if (scanner.at('%{')) throw scanner.problem('directives in text are not understood')
    if (scanner.skip('$${')) text += '${'
    else if (scanner.skip('${')) {
      parts.push(text, readExpression(scanner))
      text = ''
      scanner.expect('}')
    } else if (quoted && scanner.skip('\\')) {
      const plain = ESCAPES[scanner.take()]
      if (plain === undefined) throw scanner.problem('an escape in a string is not understood')
      text += plain
    } else text += scanner.take()
  }
  if (parts.length === 0) return { kind: 'literal', value: text }
  return { kind: 'template', parts: [...parts, text].filter((part) => part !== '') }
}

const readString = (scanner: Scanner): Expression => readTemplate(scanner, () => scanner.skip('"'), true)

const readHeredoc = (scanner: Scanner): Expression => {
  const [, dash, , text = ''] = scanner.match(HEREDOC) ?? []
  if (dash === undefined) throw scanner.problem('the end of a heredoc is missing')
  const inner = createScanner(`${text}\n`, () => scanner.problem('a heredoc is not understood'))
  return readTemplate(inner, () => inner.atEnd(), false)
}

const readFor = (scanner: Scanner, end: string): Expression => {
  const names = [scanner.word(WORD)]
  if (scanner.token(',')) names.push(scanner.word(WORD))
  if (scanner.word(WORD) !== 'in') throw scanner.problem('`in` is missing')
  const of = readExpression(scanner)
  scanner.expect(':')
  const first = readExpression(scanner)
  const value = scanner.token('=>') ? readExpression(scanner) : undefined
  scanner.expect(end)
  return value === undefined ? { kind: 'for', names, of, value: first } : { kind: 'for', names, of, key: first, value }
}

const readItems = (scanner: Scanner, end: string): readonly Expression[] => {
  const items: Expression[] = []
  while (!scanner.token(end)) {
    items.push(readExpression(scanner))
    if (!scanner.token(',')) {
      scanner.expect(end)
      break
    }
  }
  return items
}

const readObject = (scanner: Scanner): Expression => {
  const entries: (readonly [Expression, Expression])[] = []
  while (!scanner.token('}')) {
    const bare = scanner.match(WORD)?.[0]
    const key: Expression = bare === undefined ? readExpression(scanner) : { kind: 'literal', value: bare }
    if (!scanner.token('=')) scanner.expect(':')
    entries.push([key, readExpression(scanner)])
    scanner.token(',')
  }
  return { kind: 'object', entries }
}

const readPath = (scanner: Scanner, root: string, from: number): Expression => {
  const steps: (string | Expression)[] = []
  for (;;) {
    if (scanner.skip('.')) steps.push(scanner.word(WORD))
    else if (scanner.skip('[')) {
      steps.push(readExpression(scanner))
      scanner.expect(']')
    } else return { kind: 'path', root, steps, text: scanner.since(from) }
  }
}

const CONSTANTS: ReadonlyMap<string, boolean | null> = new Map([
  ['true', true],
  ['false', false],
  ['null', null],
])

/** One division is understood; all other operators are beyond this reader: what stands after an expression must end it. */
const readExpression = (scanner: Scanner): Expression => {
  const first = readOperand(scanner)
  return scanner.token('/') ? { kind: 'quotient', of: first, by: readOperand(scanner) } : first
}

const readOperand = (scanner: Scanner): Expression => {
  scanner.space()
  if (scanner.at('<<')) return readHeredoc(scanner)
  if (scanner.skip('"')) return readString(scanner)
  if (scanner.skip('[')) {
    return scanner.keyword('for') ? readFor(scanner, ']') : { kind: 'list', items: readItems(scanner, ']') }
  }
  if (scanner.skip('{')) return scanner.keyword('for') ? readFor(scanner, '}') : readObject(scanner)
  const number = scanner.match(NUMBER)?.[0]
  if (number !== undefined) return { kind: 'literal', value: Number(number) }
  const from = scanner.position()
  const word = scanner.word(WORD)
  const constant = CONSTANTS.get(word)
  if (constant !== undefined) return { kind: 'literal', value: constant }
  if (scanner.skip('(')) return { kind: 'call', name: word, args: readItems(scanner, ')') }
  return readPath(scanner, word, from)
}

const readBody = (scanner: Scanner, isEnd: () => boolean): Body => {
  const attributes = new Map<string, Expression>()
  const blocks: Block[] = []
  while (!isEnd()) {
    const name = scanner.word(WORD)
    if (scanner.token('=')) {
      if (attributes.has(name)) throw scanner.problem(`${name} is set twice`)
      attributes.set(name, readExpression(scanner))
      continue
    }
    const labels: string[] = []
    while (!scanner.token('{')) {
      const label = scanner.skip('"') ? readString(scanner) : undefined
      if (label?.kind !== 'literal') throw scanner.problem('a label is a string')
      labels.push(String(label.value))
    }
    blocks.push({ type: name, labels, body: readBody(scanner, () => scanner.token('}')) })
  }
  return { attributes, blocks }
}

/**
 * Read the part of HCL that Muster's job files are written in: no operators but one division, no directives in text.
 * @throws HclInvalidError with the line
 * @source hashicorp/hcl, hclsyntax/spec.md
 */
export const parseHcl = (text: string): Body => {
  const scanner = createScanner(text, (why, line) => new HclInvalidError(`line ${line}: ${why}`))
  return readBody(scanner, () => scanner.token(''))
}
