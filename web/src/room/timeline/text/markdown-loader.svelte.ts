/** The markdown renderer, once it has been fetched: 28 KB compressed, and most messages need none of it. */
type Render = (text: string, reader: string) => string | null;

let render = $state.raw<Render | null>(null);
let loading = false;

export async function loadMarkdown(): Promise<void> {
  if (render !== null || loading) return;
  loading = true;
  try {
    render = (await import('./markdown.ts')).markdown;
  } catch {
    // Offline, or a newer version was deployed: the text stays as it was written, and the next message tries again.
  } finally {
    loading = false;
  }
}

export const markdownRenderer = (): Render | null => render;
