// Every part of `npm run soak`, in order.

import type { SoakPart } from './part.ts';
import { istioTasks } from './istio-tasks.ts';
import { lessons } from './lessons.ts';
import { minors } from './kubectl-minors.ts';
import { path } from './path.ts';
import { requests } from './requests.ts';
import { terminals } from './terminals.ts';

export const parts: readonly SoakPart[] = [requests, minors, istioTasks, terminals, lessons, path];
