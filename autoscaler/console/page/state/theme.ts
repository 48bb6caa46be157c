import { type Value, value } from './value.ts'

/** `auto`: as the system has it. */
export const THEMES = ['auto', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

const KEPT_AS = 'muster.theme'
const isTheme = (text: string | null): text is Theme => (THEMES as readonly (string | null)[]).includes(text)

/** What the page looks like. `shown` changes whenever colours do, for whoever draws with them. */
export interface Themes {
  readonly chosen: Value<Theme>
  readonly shown: Value<'light' | 'dark'>
  choose(theme: Theme): void
}

/** Builds it, and dresses the page as it was chosen before. */
export const createThemes = (storage: Pick<Storage, 'getItem' | 'setItem'>): Themes => {
  const system = matchMedia('(prefers-color-scheme: dark)')
  const kept = storage.getItem(KEPT_AS)
  const chosen = value<Theme>(isTheme(kept) ? kept : 'auto')
  const look = (): 'light' | 'dark' => {
    const theme = chosen.get()
    return theme === 'auto' ? (system.matches ? 'dark' : 'light') : theme
  }
  const shown = value(look())
  const dress = (): void => {
    document.documentElement.dataset.theme = look()
    shown.set(look())
  }
  system.addEventListener('change', dress)
  dress()
  return {
    chosen,
    shown,
    choose(theme) {
      storage.setItem(KEPT_AS, theme)
      chosen.set(theme)
      dress()
    },
  }
}
