/** Light, dark, or as the system says. `public/theme.js` reads the same key before the first paint. */
const KEY = 'sotto.theme';

export type ThemeChoice = 'system' | 'light' | 'dark';

export class Theme {
  #choice = $state<ThemeChoice>('system');

  constructor() {
    const kept = localStorage.getItem(KEY);
    if (kept === 'light' || kept === 'dark') this.#choice = kept;
  }

  get choice(): ThemeChoice {
    return this.#choice;
  }

  set choice(choice: ThemeChoice) {
    this.#choice = choice;
    if (choice === 'system') {
      localStorage.removeItem(KEY);
      delete document.documentElement.dataset.theme;
    } else {
      localStorage.setItem(KEY, choice);
      document.documentElement.dataset.theme = choice;
    }
  }
}
