/** Models as one text that two fleets share when they run the same: `name@version`, sorted. */
export const modelsText = (models: readonly { readonly name: string; readonly version: string }[]): string =>
  [...new Set(models.map(({ name, version }) => `${name}@${version}`))].sort().join(',')
