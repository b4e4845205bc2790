// The seam between two halves of the dock: dragged, moved by keys, reset by a double click, remembered. Upright or flat, as the
// halves lie.

import { keep, recall } from '../page/memory.ts';

const SHARE_KEY = 'meshproof:first-half';
const STEP_SHARE = 0.05;
/** Each half keeps at least this much. */
const LEAST_SHARE = 0.2;

export function movableSeam(seam: HTMLElement, box: HTMLElement): void {
  let share = 0.5;
  const draw = (wanted: number) => {
    share = Math.min(1 - LEAST_SHARE, Math.max(LEAST_SHARE, wanted));
    box.style.setProperty('--first', `${(share * 100).toFixed(1)}%`);
    seam.setAttribute('aria-valuenow', String(Math.round(share * 100)));
  };
  const set = (wanted: number) => {
    draw(wanted);
    keep(SHARE_KEY, share.toFixed(3));
  };
  const remembered = Number(recall(SHARE_KEY));
  if (remembered > 0) draw(remembered);
  const isUpright = () => {
    const { width, height } = seam.getBoundingClientRect();
    return height > width;
  };
  seam.addEventListener('pointerdown', (event) => {
    seam.setPointerCapture(event.pointerId);
    const area = box.getBoundingClientRect();
    const upright = isUpright();
    const move = ({ clientX, clientY }: PointerEvent) =>
      set(upright ? (clientX - area.left) / area.width : (clientY - area.top) / area.height);
    seam.addEventListener('pointermove', move);
    seam.addEventListener(
      'lostpointercapture',
      () => seam.removeEventListener('pointermove', move),
      { once: true },
    );
  });
  seam.addEventListener('dblclick', () => set(0.5));
  seam.addEventListener('focus', () =>
    seam.setAttribute('aria-orientation', isUpright() ? 'vertical' : 'horizontal'),
  );
  seam.addEventListener('keydown', ({ key }) => {
    if (key === 'ArrowLeft' || key === 'ArrowUp') set(share - STEP_SHARE);
    else if (key === 'ArrowRight' || key === 'ArrowDown') set(share + STEP_SHARE);
    else if (key === 'Enter') set(0.5);
  });
}
