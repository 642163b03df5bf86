/** HTML that was made once. Scrolling brings the same messages back, and an edit replaces what was kept of one. */
const MAX_KEPT = 1000;

export class Rendered {
  readonly #kept = new Map<string, { text: string; html: string | null }>();

  get(id: string, text: string, render: (text: string) => string | null): string | null {
    const found = this.#kept.get(id);
    const entry = found?.text === text ? found : { text, html: render(text) };
    // Deleting first moves it to the end: the first key is the one that was not needed for longest.
    this.#kept.delete(id);
    this.#kept.set(id, entry);
    if (this.#kept.size > MAX_KEPT) this.#kept.delete(this.#kept.keys().next().value as string);
    return entry.html;
  }
}
