// Small words for SVG, as page/dom.ts has them for HTML. Only what has changed is written: a picture comes each second.

export function draw<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string | number>> = {},
  ...children: Node[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  set(element, attributes);
  element.append(...children);
  return element;
}

export function set(element: Element, attributes: Readonly<Record<string, string | number>>): void {
  for (const [name, value] of Object.entries(attributes)) {
    const text = String(value);
    if (element.getAttribute(name) !== text) element.setAttribute(name, text);
  }
}

export function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** A style that may ease from one value to the next. */
export function style(element: SVGElement, name: string, value: string): void {
  if (element.style.getPropertyValue(name) !== value) element.style.setProperty(name, value);
}

/** Figures of one colour: a body and a shackle, 10 by 11. */
export function lock(): SVGGElement {
  return draw(
    'g',
    { class: 'lock' },
    draw('rect', { x: -5, y: -1.5, width: 10, height: 8, rx: 1.5, fill: 'currentColor' }),
    draw('path', {
      d: 'M-3-1.5v-2.4a3 3 0 0 1 6 0v2.4',
      fill: 'none',
      stroke: 'currentColor',
      'stroke-width': 1.7,
    }),
  );
}
