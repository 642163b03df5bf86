/** The field grows with what is written in it, up to a part of the window. */
const MAX_PART = 0.4;

export function grow(field: HTMLTextAreaElement): void {
  field.style.height = 'auto';
  const { scrollHeight } = field;
  const most = innerHeight * MAX_PART;
  field.style.height = `${Math.min(scrollHeight, most)}px`;
  field.style.overflowY = scrollHeight > most ? 'auto' : 'hidden';
}
