// Every custom element of the site, in one file: one request a page, cached for all of them. What is heavy (the terminal's
// screen, the search engine) is fetched by its element when it is first needed.

import './business/elements.ts';
import './business/lab-measured.ts';
import './check/lab-check.ts';
import './dock/terminal-dock.ts';
import './graph/mesh-graph.ts';
import './home/home-start.ts';
import './home/module-progress.ts';
import './page/engine-state.ts';
import './page/fade-block.ts';
import './page/lesson-here.ts';
import './page/predict-guess.ts';
import './page/proof-tally.ts';
import './page/quiz-card.ts';
import './page/reflect-note.ts';
import './page/site-search.ts';
import './page/term-note.ts';
import './page/theme-button.ts';
import './recheck/re-check.ts';
import './run/run-block.ts';
import './step/lesson-step.ts';
import './step/step-travel.ts';
