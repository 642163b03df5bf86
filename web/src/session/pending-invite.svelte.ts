/**
 * An invite link that somebody followed. What stands after its # is a key: it is taken out of the address bar and of
 * history at once and kept in this tab alone, across the reloads that making an account may take.
 */
const KEY = 'sotto.invite';

export class PendingInvite {
  #link = $state<string | null>(null);

  constructor() {
    this.#link = sessionStorage.getItem(KEY);
    this.#take();
    addEventListener('hashchange', () => this.#take());
  }

  get link(): string | null {
    return this.#link;
  }

  /** A link that was pasted; false where it is none. */
  follow(link: string): boolean {
    if (!/\/i#[\w.-]+$/.test(link.trim())) return false;
    this.#keep(link.trim());
    return true;
  }

  done(): void {
    this.#link = null;
    sessionStorage.removeItem(KEY);
  }

  #take(): void {
    if (location.pathname !== '/i' || location.hash.length < 2) return;
    this.#keep(location.href);
    history.replaceState(null, '', '/i');
  }

  #keep(link: string): void {
    this.#link = link;
    sessionStorage.setItem(KEY, link);
  }
}
