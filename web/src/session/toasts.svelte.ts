/** Short notices that go by themselves; what needs an answer is a dialog, not a toast. */
const SHOWN_MS = 6000;

export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly tone: 'plain' | 'danger';
}

export class Toasts {
  #list = $state.raw<Toast[]>([]);
  #next = 1;

  get list(): Toast[] {
    return this.#list;
  }

  say(text: string, tone: Toast['tone'] = 'plain'): void {
    const id = this.#next++;
    this.#list = [...this.#list.slice(-2), { id, text, tone }];
    setTimeout(() => this.dismiss(id), SHOWN_MS);
  }

  dismiss(id: number): void {
    this.#list = this.#list.filter((toast) => toast.id !== id);
  }
}
