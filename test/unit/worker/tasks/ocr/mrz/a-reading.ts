import { MRZ_CHARACTERS } from '../../../../../../worker/tasks/ocr/charset.ts'
import type { Votes } from '../../../../../../worker/tasks/ocr/mrz/votes.ts'

/** A place where the recogniser wavered: another character got this share of the votes. */
interface Doubt {
  readonly line: number
  readonly position: number
  readonly character: string
  readonly share: number
}

/** Votes that agree on some lines, but for the places given. */
export const votesFor = (lines: readonly string[], ...doubts: readonly Doubt[]): Votes =>
  lines.map((text, line) =>
    [...text].map((character, position) => {
      const slot = new Float32Array(MRZ_CHARACTERS.length)
      const doubt = doubts.find((candidate) => candidate.line === line && candidate.position === position)
      slot[MRZ_CHARACTERS.indexOf(character)] = 1 - (doubt?.share ?? 0)
      if (doubt) slot[MRZ_CHARACTERS.indexOf(doubt.character)] = doubt.share
      return slot
    }),
  )
