/** Whether a worker with these groups may run a camera that is kept to workers of one; `group` null: it is kept to none. */
export function mayRun(groups: readonly string[], group: string | null): boolean {
  return group === null || groups.includes(group);
}
