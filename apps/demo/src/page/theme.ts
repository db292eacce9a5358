type Theme = 'light' | 'dark'

const key = 'wsauth-demo-theme'

/** Follows the system until somebody presses the button; the choice is all that this page ever stores. */
export function setUpTheme(button: HTMLElement): void {
  const stored = localStorage.getItem(key)
  if (stored === 'light' || stored === 'dark') apply(stored)
  button.addEventListener('click', () => {
    const next: Theme = isDark() ? 'light' : 'dark'
    apply(next)
    localStorage.setItem(key, next)
  })
}

function isDark(): boolean {
  const { theme } = document.documentElement.dataset
  return theme === undefined ? matchMedia('(prefers-color-scheme: dark)').matches : theme === 'dark'
}

function apply(theme: Theme): void {
  document.documentElement.dataset.theme = theme
}
