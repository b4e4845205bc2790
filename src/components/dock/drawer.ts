// The dock on a phone: a bar that peeks, half the screen, the whole of it. Pressed, dragged, or opened by Run.

export type DrawerSize = 'peek' | 'half' | 'full';

/** The size on this page, for this tab of the browser: a reload changes nothing; the next page begins with its words. */
const SIZE_KEY = `meshproof:drawer:${location.pathname}`;
/** A finger that moves less has pressed, not dragged. */
const DRAG_FROM_PX = 8;
/** Heights of half and full as shares of the window, for the end of a drag. */
const SHARES: [DrawerSize, number][] = [
  ['peek', 0],
  ['half', 0.62],
  ['full', 0.95],
];

export class Drawer {
  readonly #dock: HTMLElement;
  readonly #handle: HTMLElement;
  readonly #grow: HTMLElement;

  readonly #opened: () => void;

  constructor(dock: HTMLElement, handle: HTMLElement, grow: HTMLElement, opened: () => void) {
    this.#dock = dock;
    this.#handle = handle;
    this.#grow = grow;
    this.#opened = opened;
    handle.addEventListener('click', () => this.show(this.size === 'peek' ? 'half' : 'peek'));
    grow.addEventListener('click', () => this.show(this.size === 'full' ? 'half' : 'full'));
    handle.addEventListener('pointerdown', (event) => this.#drag(event));
    this.#set(known(sessionStorage.getItem(SIZE_KEY)));
  }

  get size(): DrawerSize {
    return known(this.#dock.dataset['drawer']);
  }

  /** At least half, so that what is typed can be seen. */
  open(): void {
    if (this.size === 'peek') this.show('half');
  }

  show(size: DrawerSize): void {
    this.#set(size);
    sessionStorage.setItem(SIZE_KEY, size);
    if (size !== 'peek') this.#opened();
  }

  #set(size: DrawerSize): void {
    this.#dock.dataset['drawer'] = size;
    this.#handle.setAttribute('aria-expanded', String(size !== 'peek'));
    this.#grow.textContent = size === 'full' ? 'Half' : 'Full';
    this.#grow.setAttribute('aria-pressed', String(size === 'full'));
  }

  #drag(down: PointerEvent): void {
    const before = this.#dock.getBoundingClientRect().height;
    let moved = false;
    const move = ({ clientY }: PointerEvent) => {
      const by = down.clientY - clientY;
      if (!moved && Math.abs(by) < DRAG_FROM_PX) return;
      if (!moved) this.#handle.setPointerCapture(down.pointerId);
      moved = true;
      this.#dock.toggleAttribute('data-dragging', true);
      this.#dock.style.height = `${before + by}px`;
    };
    const up = () => {
      removeEventListener('pointermove', move);
      if (!moved) return;
      const share = this.#dock.getBoundingClientRect().height / window.innerHeight;
      this.#dock.removeAttribute('data-dragging');
      this.#dock.style.height = '';
      const [nearest] = SHARES.toSorted((a, b) => Math.abs(a[1] - share) - Math.abs(b[1] - share));
      // The click that ends a drag must not undo it.
      this.#handle.addEventListener('click', (event) => event.stopImmediatePropagation(), {
        capture: true,
        once: true,
      });
      this.show(nearest?.[0] ?? 'peek');
    };
    addEventListener('pointermove', move);
    addEventListener('pointerup', up, { once: true });
    addEventListener('pointercancel', up, { once: true });
  }
}

function known(size: string | null | undefined): DrawerSize {
  return size === 'half' || size === 'full' ? size : 'peek';
}
