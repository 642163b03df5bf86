// Before the first paint, so that a dark room never sees a white flash. A file of its own: the page allows no inline script.
try {
  const theme = localStorage.getItem('sotto.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // No storage, no choice: the system's theme.
}
