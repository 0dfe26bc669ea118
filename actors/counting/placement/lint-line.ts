import type { PlacementAdvice } from '#protocol/advice.ts';
import type { Line } from '#protocol/geometry.ts';
import { approachOf, touchesEdge, type Approach } from './approach.ts';
import type { Walk } from './walk-log.ts';

/** Fewer people near a line say too little about it. */
const LEAST_PEOPLE = 5;
/** A line shorter than this many people side by side is easily walked round. */
const SHORTEST_PEOPLE = 2;
const PASSES_END_SHARE = 0.15;
const BORN_OR_LOST_SHARE = 0.25;
const CUT_SHARE = 0.3;
/** Walking nearly along a line, a small error of the box changes the side. */
const FLATTEST_DEG = 25;
const WEAK_SCORE = 0.45;
const WEAK_SEEN_SHARE = 0.7;

/**
 * What is likely to go wrong with a line where it lies, judged by how people have walked there. Pure. An empty list means
 * that enough people were seen and nothing speaks against it. `aspect` is the picture's width by its height.
 */
export function lintLine(line: Line, walks: readonly Walk[], aspect: number): PlacementAdvice[] {
  const near = walks.flatMap((walk) => {
    const approach = approachOf(walk, line, aspect);
    return approach === null ? [] : [{ ...approach, walk }];
  });
  const advise = (code: PlacementAdvice['code'], message: string): PlacementAdvice => ({
    line: line.id,
    code,
    message,
  });
  if (near.length < LEAST_PEOPLE) {
    const seen = near.length === 0 ? 'Nobody has come' : `Only ${people(near.length)} came`;
    return [advise('too-few-people', `${seen} near this line so far. Look again when more have passed.`)];
  }
  const share = (holds: (approach: Approach) => boolean): number => near.filter(holds).length / near.length;
  const advice: PlacementAdvice[] = [];

  const longInPeople =
    Math.hypot(line.p2[0] - line.p1[0], line.p2[1] - line.p1[1]) /
    medianOf(near.map(({ sizeAlongFrac }) => sizeAlongFrac));
  const missedEnd = endPassedMost(near);
  if (missedEnd !== null) {
    const end = missedEnd.end === 'p1' ? 'start' : 'end';
    const text = `${people(missedEnd.count)} of ${String(near.length)} walked closely past the line's ${end}, uncounted.`;
    advice.push(advise('passed-by', `${text} Lengthen it there, if they should count.`));
  } else if (longInPeople < SHORTEST_PEOPLE) {
    const text = `The line is only as long as ${longInPeople.toFixed(1)} people are wide.`;
    advice.push(advise('too-short', `${text} Draw it over the whole way that people can take.`));
  }
  const angles = near.flatMap(({ angleDeg }) => (angleDeg === null ? [] : [angleDeg]));
  const angleDeg = medianOf(angles);
  if (angles.length >= LEAST_PEOPLE && angleDeg < FLATTEST_DEG) {
    const text = `Most people walk along this line, at ${angleDeg.toFixed(0)} degrees to it, not across it.`;
    advice.push(advise('along-the-flow', `${text} Turn it until they meet it squarely.`));
  }
  const bornOrLost = share(({ isBornAt, isLostAt }) => isBornAt || isLostAt);
  if (bornOrLost > BORN_OR_LOST_SHARE) {
    const text = `${percent(bornOrLost)} of the people near this line appear or vanish right at it (a door, a pillar, a stair?).`;
    advice.push(
      advise('cuts-births', `${text} Move it at least a person's length to where they are seen before and after.`),
    );
  }
  const cut = share(({ near: samples }) => samples.length > 0 && samples.every(({ box }) => touchesEdge(box)));
  if (cut > CUT_SHARE) {
    const text = `${percent(cut)} of the people near this line are cut off by the edge of the picture.`;
    advice.push(advise('near-edge', `${text} Move it inwards until whole people fit on both sides.`));
  }
  const scores = near.flatMap(({ near: samples }) => samples.map(({ score }) => score));
  const seen = medianOf(near.map(({ walk }) => walk.seenFrames / walk.frames));
  if (medianOf(scores) < WEAK_SCORE || seen < WEAK_SEEN_SHARE) {
    const text = `People are hard to recognise here (score ${medianOf(scores).toFixed(2)}, seen in ${percent(seen)} of the frames).`;
    advice.push(
      advise('weak-detection', `${text} Move it nearer to the camera or into better light, or use a larger model.`),
    );
  }
  return advice;
}

/** The end that more people walked closely past, if they are many. */
function endPassedMost(near: readonly Approach[]): { end: 'p1' | 'p2'; count: number } | null {
  const counts = (['p1', 'p2'] as const).map((end) => ({
    end,
    count: near.filter(({ crosses, passesEndBy }) => !crosses && passesEndBy === end).length,
  }));
  const most = counts.toSorted((a, b) => b.count - a.count)[0];
  return most !== undefined && most.count > PASSES_END_SHARE * near.length ? most : null;
}

/** NaN for none, which no comparison holds for. */
function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function people(count: number): string {
  return count === 1 ? 'one person' : `${String(count)} people`;
}

function percent(share: number): string {
  return `${String(Math.round(share * 100))} %`;
}
