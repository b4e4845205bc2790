// <lesson-here>: this browser remembers which lesson was opened last, for the first page's button.

import { define } from './dom.ts';
import { keep } from './memory.ts';

/** The address of the lesson, below the host. */
export const LAST_LESSON = 'meshproof:lesson';

class LessonHere extends HTMLElement {
  connectedCallback(): void {
    keep(LAST_LESSON, location.pathname);
  }
}

define('lesson-here', LessonHere);
