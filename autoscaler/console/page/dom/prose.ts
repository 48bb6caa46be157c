import { type Child, h } from './element.ts'

/** Words in which commands stand between backticks, as the autoscaler writes them. */
export const prose = (text: string): readonly Child[] =>
  text.split('`').map((part, index) => (index % 2 === 1 ? h('code', {}, part) : part))
