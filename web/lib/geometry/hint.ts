import { canFinish, present, type Drafts } from './drafts.ts';
import { refsOf } from './drawing.ts';

/** What to do now, in one line. */
export function hintOf(drafts: Drafts): string {
  const { placing, selected } = drafts;
  if (placing?.kind === 'line') {
    return placing.points.length === 0 ? 'Tap where the line begins.' : 'Tap where the line ends.';
  }
  if (placing !== null) {
    if (placing.points.length === 0) return 'Tap the first corner of the zone.';
    return canFinish(drafts) ? 'Tap the next corner, or the first one again to finish.' : 'Tap the next corner.';
  }
  if (refsOf(present(drafts)).length === 0) {
    return 'Draw a line where people walk across it, or a zone around a place where they stay.';
  }
  if (selected === null) return 'Tap a line or a zone to change it.';
  return selected.kind === 'line'
    ? 'Drag its ends, or the line itself. The arrow shows which way counts as in.'
    : 'Drag its corners, or the zone itself. A dot on a side becomes a new corner.';
}
