import { AiModels } from './2026-11-22-ai-models.ts';
import { CameraGroups } from './2026-11-22-camera-groups.ts';
import { DeadLetters } from './2026-11-22-dead-letters.ts';
import { DegradedCrossings } from './2026-11-22-degraded-crossings.ts';
import { FirstTables } from './2026-11-22-first-tables.ts';
import { NearMisses } from './2026-11-22-near-misses.ts';
import { PictureEvents } from './2026-11-22-picture-events.ts';
import { Sites } from './2026-11-22-sites.ts';
import { Zones } from './2026-11-22-zones.ts';
import { TruthTables } from './2026-11-22-truth.ts';
import { Workers } from './2026-11-22-workers.ts';

/** In the order they run. A name, once released, stays for ever: the database remembers it. */
export const migrations = [
  { name: '2026-11-22-first-tables', class: FirstTables },
  { name: '2026-11-22-ai-models', class: AiModels },
  { name: '2026-11-22-sites', class: Sites },
  { name: '2026-11-22-near-misses', class: NearMisses },
  { name: '2026-11-22-zones', class: Zones },
  { name: '2026-11-22-truth', class: TruthTables },
  { name: '2026-11-22-picture-events', class: PictureEvents },
  { name: '2026-11-22-degraded-crossings', class: DegradedCrossings },
  { name: '2026-11-22-dead-letters', class: DeadLetters },
  { name: '2026-11-22-workers', class: Workers },
  { name: '2026-11-22-camera-groups', class: CameraGroups },
];
