/** Does a text have every word that somebody looks for, as a whole or in part? Nothing looked for is in every text. */
export const isFound = (wanted: string, text: string): boolean => {
  const within = text.toLowerCase()
  return wanted
    .toLowerCase()
    .split(/\s+/)
    .every((word) => within.includes(word))
}
