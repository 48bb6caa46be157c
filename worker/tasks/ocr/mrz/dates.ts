/** A date of a zone: year, month, day, two digits each; what is not known is filled. */
const MRZ_DATE = /^(\d\d|<<)(\d\d|<<)(\d\d|<<)$/

/** Could these six characters be a date? Fillers stand for what is not known. @source ICAO 9303-3, 4.8 */
export const isMrzDate = (text: string): boolean => {
  const [, , month, day] = MRZ_DATE.exec(text) ?? []
  return within(month, 12) && within(day, 31)
}

const within = (part: string | undefined, max: number): boolean =>
  part === '<<' || (part !== undefined && Number(part) >= 1 && Number(part) <= max)
