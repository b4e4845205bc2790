// The seam between lesson and terminal: dragged, moved by keys, reset by a double click, remembered.

import { keys } from '../frame/theme.ts';
import { forget, keep } from '../page/memory.ts';

/** Narrower, and kubectl's tables wrap. */
const NARROWEST_PX = 320;
/** The lesson keeps at least this much of the window. */
const LESSON_SHARE = 0.42;
const STEP_PX = 16;
const BIG_STEP_PX = 96;

export function movableDivider(divider: HTMLElement, dock: HTMLElement): void {
  const width = () => dock.getBoundingClientRect().width;
  const widest = () => Math.max(NARROWEST_PX, window.innerWidth * (1 - LESSON_SHARE));
  const tell = () => {
    const share = (width() - NARROWEST_PX) / Math.max(1, widest() - NARROWEST_PX);
    divider.setAttribute(
      'aria-valuenow',
      String(Math.round(Math.min(1, Math.max(0, share)) * 100)),
    );
  };
  const set = (wanted: number) => {
    const px = Math.round(Math.min(widest(), Math.max(NARROWEST_PX, wanted)));
    document.documentElement.style.setProperty('--dock', `${px}px`);
    keep(keys.dock, String(px));
    tell();
  };
  const reset = () => {
    document.documentElement.style.removeProperty('--dock');
    forget(keys.dock);
    tell();
  };

  divider.addEventListener('pointerdown', (event) => {
    divider.setPointerCapture(event.pointerId);
    const right = dock.getBoundingClientRect().right;
    const move = ({ clientX }: PointerEvent) => set(right - clientX);
    divider.addEventListener('pointermove', move);
    divider.addEventListener(
      'lostpointercapture',
      () => divider.removeEventListener('pointermove', move),
      { once: true },
    );
  });
  divider.addEventListener('dblclick', reset);
  divider.addEventListener('keydown', (event) => {
    const step = event.shiftKey ? BIG_STEP_PX : STEP_PX;
    if (event.key === 'ArrowLeft') set(width() + step);
    else if (event.key === 'ArrowRight') set(width() - step);
    else if (event.key === 'Home') set(NARROWEST_PX);
    else if (event.key === 'End') set(widest());
    else if (event.key === 'Enter') reset();
    else return;
    event.preventDefault();
  });
  divider.addEventListener('focus', tell);
}
