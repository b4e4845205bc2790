// The three modules: who asks, and what. Their lessons are in the catalogue; this is what stands above them.

export interface Module {
  number: number;
  title: string;
  /** The decision its person has to make, as the home page asks it. */
  question: string;
  text: string;
  /** Its first page, below the site's base. */
  page: string;
}

export const modules: readonly Module[] = [
  {
    number: 1,
    title: 'Who trusts whom',
    question: 'Can they trust each other?',
    text: 'Sarah guards a bank. Type your first commands, find out how services find each other, and who can listen.',
    page: 'module-1/',
  },
  {
    number: 2,
    title: 'The value of a mesh',
    question: 'Is it worth the money?',
    text: 'Marcus runs RapidScale. His board asks why features slow down as the company grows. Bring him numbers.',
    page: 'module-2/',
  },
  {
    number: 3,
    title: 'Sidecar or ambient',
    question: 'Sidecar or ambient?',
    text: 'Jennifer has four kinds of workload. Try both data planes on your cluster, measure, and sign a decision record.',
    page: 'module-3/',
  },
];
