/**
 * An attachment for what scrolls: `data-more-right` and `data-more-below` say where it goes on beyond its edge, so that it
 * can fade there, where many systems show no scrollbar. `--bar-…` is the width of one.
 */
export function more(element: HTMLElement): () => void {
  const look = (): void => {
    const { scrollLeft, scrollTop, clientWidth, clientHeight, scrollWidth, scrollHeight } = element;
    element.toggleAttribute('data-more-right', scrollLeft + clientWidth < scrollWidth - 1);
    element.toggleAttribute('data-more-below', scrollTop + clientHeight < scrollHeight - 1);
    element.style.setProperty('--bar-right', `${element.offsetWidth - clientWidth}px`);
    element.style.setProperty('--bar-below', `${element.offsetHeight - clientHeight}px`);
  };
  const resized = new ResizeObserver(look);
  for (const each of [element, ...element.children]) resized.observe(each);
  element.addEventListener('scroll', look, { passive: true });
  return () => {
    resized.disconnect();
    element.removeEventListener('scroll', look);
  };
}
