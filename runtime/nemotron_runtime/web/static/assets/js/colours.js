// Colours of the design tokens, as a canvas needs them.

/** The computed value of a colour token: colour('--accent') is 'rgb(11, 110, 79)' in light. */
export function colour(token) {
  const probe = document.createElement('span');
  probe.style.color = `var(${token})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}
