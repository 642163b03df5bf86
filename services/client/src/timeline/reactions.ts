/** Who reacted with what. Emojis stand in the order in which they first came, also when they went and came again. */
import type { ReactionView } from '../views.ts';

export class Reactions {
  readonly #accounts = new Map<string, Set<string>>();

  set(account: string, emoji: string, on: boolean): void {
    const accounts = this.#accounts.get(emoji);
    if (!on) accounts?.delete(account);
    else if (accounts === undefined) this.#accounts.set(emoji, new Set([account]));
    else accounts.add(account);
  }

  view(): ReactionView[] {
    const all = [...this.#accounts].map(([emoji, accounts]) => ({ emoji, accounts: [...accounts] }));
    return all.filter(({ accounts }) => accounts.length > 0);
  }
}
