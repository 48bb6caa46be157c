import Type from 'typebox'

/** What a terminal obeys (control characters), and what turns text around for whoever reads it. */
const OBEYED = '\\u0000-\\u001f\\u007f-\\u009f\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069'

/** Why somebody changes something: at least a word, shown by pages, terminals and the audit trail for as long as they last. */
export const Reason = Type.String({
  minLength: 1,
  maxLength: 300,
  pattern: `^ *[^\\s${OBEYED}][^${OBEYED}]*$`,
  description: 'for whoever wonders later',
})
