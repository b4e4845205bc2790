// Runs in every page's head before it is drawn, as text: theme, the dock's width, and whether a lab was here last time,
// so that nothing jumps. Knows nothing of the page.

/** Names under which this browser remembers. One place: the elements write what the head reads. */
export const keys = {
  theme: 'meshproof:theme',
  lab: 'meshproof:lab',
  dock: 'meshproof:dock',
} as const;

export const early = `(() => {
  const html = document.documentElement;
  const kept = (key) => { try { return localStorage.getItem(key) } catch { return null } };
  const dark = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  html.dataset.theme = kept('${keys.theme}') ?? dark;
  html.dataset.scripted = '';
  if (kept('${keys.lab}')) html.dataset.lab = '';
  const dock = Number(kept('${keys.dock}'));
  if (dock > 0) html.style.setProperty('--dock', dock + 'px');
})()`;
