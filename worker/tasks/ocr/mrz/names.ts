import type { MrzLayout } from './layout.ts'

/**
 * Clear what the recogniser saw among the fillers that follow the names. Two fillers part surname and given names, one
 * parts names within them: after two more fillers, or three on end, no name can come.
 * @source ICAO 9303-3, 4.6
 */
export const endNames = (lines: readonly string[], { names }: MrzLayout): readonly string[] =>
  lines.map((text, line) => {
    if (line !== names.line) return text
    const field = text.slice(names.from, names.to)
    const [surname = '', ...given] = field.replace(/<<<.*$/, '').split('<<')
    const kept = given.length === 0 ? surname : `${surname}<<${given[0]}`
    return text.slice(0, names.from) + kept.padEnd(field.length, '<') + text.slice(names.to)
  })
