// Light, dark, or as the system says. A classic script in the head, so that the first frame is right already.
'use strict';
{
  const NAMES = { auto: 'Theme: system', light: 'Theme: light', dark: 'Theme: dark' };
  const ORDER = Object.keys(NAMES);
  const SLOT = 'nemotron-theme';

  const stored = () => {
    try {
      const theme = localStorage.getItem(SLOT);
      return ORDER.includes(theme) ? theme : 'auto';
    } catch {
      return 'auto'; // storage is blocked: the system's it is
    }
  };

  let theme = stored();

  const apply = () => {
    if (theme === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    document.dispatchEvent(new Event('themechange'));
  };

  const wire = () => {
    const button = document.getElementById('theme-button');
    button.textContent = NAMES[theme];
    button.addEventListener('click', () => {
      theme = ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length];
      try {
        localStorage.setItem(SLOT, theme);
      } catch {
        // it holds for this page, then
      }
      button.textContent = NAMES[theme];
      apply();
    });
  };

  apply();
  document.addEventListener('DOMContentLoaded', wire);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', apply);
}
