import type { Manifest } from './manifest.ts';
import type { FormatMatch } from './model.ts';

/** What makers of models call people. */
const PERSON_NAMES: ReadonlySet<string> = new Set(['person', 'people', 'pedestrian', 'human']);
/** COCO's classes, of which `person` is the first: what nearly every published detector was trained on. */
const COCO_CLASSES = 80;
const SHOWN_CLASSES = 6;

/**
 * The number of the class that is a person, or in words why there is none. The manifest's word counts first, then the
 * names that exporters write into the file; without names a model of one class sees people, and one of 80 COCO's classes.
 */
export function personClassOf(
  { classCount, firstClass = 0, usualPerson }: Pick<FormatMatch, 'classCount' | 'firstClass' | 'usualPerson'>,
  manifest: Manifest,
  namesInFile: readonly string[] | null,
): number | string {
  const { personClass } = manifest;
  if (personClass !== undefined) {
    if (classCount === null || (personClass >= firstClass && personClass < firstClass + classCount)) return personClass;
    return `its manifest says that class ${String(personClass)} is a person, and it has ${count(classCount)}`;
  }
  const names = manifest.classes ?? namesInFile;
  if (names !== null) {
    if (classCount !== null && names.length !== classCount)
      return `its outputs have ${count(classCount)} and its list of names has ${String(names.length)}`;
    const index = names.findIndex((name) => PERSON_NAMES.has(name.trim().toLowerCase()));
    if (index >= 0) return index + firstClass;
    const shown = names.slice(0, SHOWN_CLASSES).join(', ');
    return `it has no class person: its classes are ${shown}${names.length > SHOWN_CLASSES ? ' ...' : ''}`;
  }
  if (usualPerson !== undefined) return usualPerson;
  if (classCount === 1 || classCount === COCO_CLASSES) return 0;
  return (
    `it has ${count(classCount)} and nothing says which is a person: ` +
    'write "classes" or "personClass" into the .json file beside it'
  );
}

function count(classCount: number | null): string {
  return classCount === 1 ? 'one class' : `${String(classCount ?? 'an unknown number of')} classes`;
}
