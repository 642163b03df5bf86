/** Several dialogs at once: which of them lies on top, and so is closed by Escape, is the browser's order of opening. */

const modals = (): HTMLDialogElement[] => [...document.querySelectorAll<HTMLDialogElement>('dialog:modal')];

/** Opens `dialog` as `open` does, beneath the modal ones: by itself the newest would lie on top, take the focus and Escape. */
function openBelow(dialog: HTMLDialogElement, open: () => void): boolean {
  const above = modals();
  const focused = document.activeElement;
  open();
  for (const other of above) {
    other.close();
    other.showModal();
  }
  if (above.length > 0 && focused instanceof HTMLElement && focused !== dialog) focused.focus();
  return above.length > 0;
}

/** Makes a dialog modal beneath those that are so already. */
export function showBelow(dialog: HTMLDialogElement): void {
  const isBelow = openBelow(dialog, () => dialog.showModal());
  if (!isBelow) dialog.querySelector<HTMLElement>('[data-autofocus]')?.focus();
}

/** Opens a dialog that stands in the page; not by `show()`, which takes the focus. */
export const standBelow = (dialog: HTMLDialogElement): void =>
  void openBelow(dialog, () => {
    dialog.open = true;
  });
