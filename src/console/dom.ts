/** Elements from a line of code each. Text is always text: nothing from the store is ever read as markup. */

type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;
type Child = Node | string | undefined;

const SVG = 'http://www.w3.org/2000/svg';

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  return dressed(document.createElement(tag), attributes, children);
}

export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[K] {
  return dressed(document.createElementNS(SVG, tag), attributes, children);
}

function dressed<E extends Element>(element: E, attributes: Attributes, children: readonly Child[]): E {
  attribute(element, attributes);
  for (const child of children) if (child !== undefined) element.append(child);
  return element;
}

/** Sets what is given, removes what is undefined or false. */
export function attribute(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) element.removeAttribute(name);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
}

/** Changes the text only where it differs, so that a selection on the page survives. */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function card(title: string, attributes: Attributes, ...children: readonly Child[]): HTMLElement {
  return h('section', { class: 'card', ...attributes }, h('h2', {}, title), ...children);
}
