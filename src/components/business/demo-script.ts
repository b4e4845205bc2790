// The script of a demonstration, a line at a time, with a stopwatch. Fetched when somebody sees it.

import { part } from '../page/dom.ts';
import { stopwatch } from '../page/time.ts';

export function open(element: HTMLElement): () => void {
  const script = part(element, '.demo-script');
  const lines = [...script.querySelectorAll<HTMLElement>('.lines li')];
  const at = (selector: string) => part(element, selector);
  let began = 0;
  let timer = 0;
  let line = 0;

  const show = () => {
    for (const [number, item] of lines.entries()) {
      item.toggleAttribute('data-next', number === line + 1);
      if (number === line) item.setAttribute('aria-current', 'step');
      else item.removeAttribute('aria-current');
    }
    at('[data-line]').textContent = `Line ${line + 1} of ${lines.length}`;
    at('[data-forward]').textContent = line === lines.length - 1 ? 'End' : 'Next line';
  };
  const stop = () => {
    clearInterval(timer);
    script.removeAttribute('data-running');
    for (const item of lines) {
      item.removeAttribute('aria-current');
      item.removeAttribute('data-next');
    }
    for (const each of ['[data-back]', '[data-forward]']) at(each).hidden = true;
    at('[data-start]').hidden = false;
    at('[data-start]').textContent = 'Start again';
    at('[data-line]').textContent = `It took ${stopwatch(Date.now() - began)}.`;
  };
  at('[data-start]').addEventListener('click', () => {
    began = Date.now();
    line = 0;
    script.toggleAttribute('data-running', true);
    for (const each of ['[data-back]', '[data-forward]', '[data-clock]']) at(each).hidden = false;
    at('[data-start]').hidden = true;
    const tick = () => (at('[data-clock]').textContent = stopwatch(Date.now() - began));
    tick();
    timer = window.setInterval(tick, 500);
    show();
    at('[data-forward]').focus();
  });
  at('[data-forward]').addEventListener('click', () => {
    if (++line >= lines.length) stop();
    else show();
  });
  at('[data-back]').addEventListener('click', () => {
    line = Math.max(0, line - 1);
    show();
  });
  return () => clearInterval(timer);
}
