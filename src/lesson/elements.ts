// The elements an author may write in a lesson, without importing them, and the attributes each takes.

export interface ElementForm {
  /** Its component, below src/components; none for what terms.ts turns into plain elements. */
  component?: string;
  required: readonly string[];
  optional: readonly string[];
}

export const elements: Readonly<Record<string, ElementForm>> = {
  Step: { component: 'Step.astro', required: ['id', 'title'], optional: [] },
  Voice: { component: 'Voice.astro', required: ['who'], optional: ['role'] },
  Reflect: { component: 'Reflect.astro', required: ['id', 'question'], optional: ['rows'] },
  Predict: {
    component: 'Predict.astro',
    required: ['id', 'question', 'from', 'to', 'answer', 'unit'],
    optional: ['block', 'reads', 'none', 'counts'],
  },
  Term: { required: ['name'], optional: [] },
  Lessons: { component: 'Lessons.astro', required: ['module'], optional: [] },
  Workbook: { component: 'Workbook.astro', required: ['of'], optional: [] },
  EvidenceLedger: { component: 'EvidenceLedger.astro', required: [], optional: [] },
  BoardPack: { component: 'BoardPack.astro', required: [], optional: [] },
  Rehearsal: { component: 'Rehearsal.astro', required: ['id', 'minutes'], optional: [] },
  Question: {
    component: 'Question.astro',
    required: ['id', 'who', 'question', 'points'],
    optional: [],
  },
  DemoScript: { component: 'DemoScript.astro', required: [], optional: [] },
  TwoPlanes: { component: 'TwoPlanes.astro', required: [], optional: [] },
  LabPicture: { component: 'LabPicture.astro', required: [], optional: [] },
  CompanyPicture: { component: 'CompanyPicture.astro', required: [], optional: [] },
  BreakerPicture: { component: 'BreakerPicture.astro', required: [], optional: [] },
  CanaryPicture: { component: 'CanaryPicture.astro', required: [], optional: [] },
  ImpostorPicture: { component: 'ImpostorPicture.astro', required: [], optional: [] },
  MeshGraph: {
    component: 'MeshGraph.astro',
    required: [],
    optional: ['namespaces', 'seconds', 'focus'],
  },
  Aside: { component: 'Aside.astro', required: [], optional: ['type', 'title'] },
};

/** Elements of pages that are no lessons. */
export const pageElements: Readonly<Record<string, string>> = {
  Glossary: 'Glossary.astro',
  Home: 'Home.astro',
  NotFound: 'NotFound.astro',
};

/** Components that fences become. Authors do not write them. */
export const fences = {
  run: 'RunBlock.astro',
  fade: 'FadeBlock.astro',
  check: 'Check.astro',
  quiz: 'Quiz.astro',
} as const;
