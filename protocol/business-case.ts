// Where pages read and write the files of a learner's business case: `GET` and `PUT /lab/business-case/:name`, `{ text }`.

export const CASE_PATH = '/lab/business-case';
