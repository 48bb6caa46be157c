/** @source ICAO 9303-3, 4.9: weights repeat 7, 3, 1 */
const WEIGHTS = [7, 3, 1] as const

/**
 * The check digit of a machine-readable field: digits count as themselves, A to Z as 10 to 35, the filler as 0; the
 * weighted sum modulo 10.
 * @returns one digit; characters outside the alphabet count as fillers
 * @source ICAO 9303-3, 4.9
 */
export const checkDigit = (field: string): string => {
  let sum = 0
  for (let index = 0; index < field.length; index += 1)
    sum += characterValue(field.charCodeAt(index)) * (WEIGHTS[index % 3] as number)
  return String(sum % 10)
}

const characterValue = (code: number): number => {
  if (code >= 48 && code <= 57) return code - 48
  return code >= 65 && code <= 90 ? code - 55 : 0
}
