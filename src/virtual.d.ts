// Modules that the site's configuration makes: src/site.ts.

declare module 'virtual:meshproof/catalogue' {
  import type { Catalogue } from '../protocol/lesson.ts';
  import type { SaidTerm } from './lesson/course.ts';
  const catalogue: Catalogue;
  export default catalogue;
  export const terms: readonly SaidTerm[];
}

declare module 'virtual:meshproof/lab' {
  import type { Lab } from './lab-client/lab.ts';
  /** The page's connection to its lab; absent on pages without a server. */
  export function connectLab(): Lab;
}
