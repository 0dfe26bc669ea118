import { setBaseline } from '#db/commands/baselines.ts';
import { addDoor, changeDoor, removeDoor } from '#db/commands/doors.ts';
import { addArea, createSite, deleteArea, deleteSite, updateArea, updateSite } from '#db/commands/sites.ts';
import type { Database } from '#db/database.ts';
import { areaCorrections, areaHistory, type HistoryRange } from '#db/queries/area-history.ts';
import { occupancyOf } from '#db/queries/areas.ts';
import { baselinesOf, doorChecks, listSites, siteById } from '#db/queries/sites.ts';
import { AppError } from '#protocol/errors.ts';

type Bound<F> = F extends (database: Database, ...rest: infer R) => infer Result ? (...rest: R) => Result : never;

/** What db/queries and db/commands do with sites. Every call may reject with storage.unavailable and what its docstring says. */
export interface SiteStore {
  readonly list: Bound<typeof listSites>;
  /** Rejects with site.not-found. */
  readonly byId: (site: string) => Promise<NonNullable<Awaited<ReturnType<typeof siteById>>>>;
  readonly create: Bound<typeof createSite>;
  readonly update: Bound<typeof updateSite>;
  readonly delete: Bound<typeof deleteSite>;
  readonly addArea: Bound<typeof addArea>;
  readonly updateArea: Bound<typeof updateArea>;
  readonly deleteArea: Bound<typeof deleteArea>;
  readonly addDoor: Bound<typeof addDoor>;
  readonly changeDoor: Bound<typeof changeDoor>;
  readonly removeDoor: Bound<typeof removeDoor>;
  readonly doorChecks: Bound<typeof doorChecks>;
  readonly setBaseline: Bound<typeof setBaseline>;
  readonly baselines: Bound<typeof baselinesOf>;
  /** Rejects with site.not-found. */
  readonly occupancy: Bound<typeof occupancyOf>;
  readonly history: (site: string, area: string, range: HistoryRange) => ReturnType<typeof areaHistory>;
  readonly corrections: Bound<typeof areaCorrections>;
}

export function siteStoreOf(database: Database): SiteStore {
  return {
    list: () => listSites(database),
    async byId(id) {
      const site = await siteById(database, id);
      if (site === null) throw missing(id);
      return site;
    },
    create: (...args) => createSite(database, ...args),
    update: (...args) => updateSite(database, ...args),
    delete: (...args) => deleteSite(database, ...args),
    addArea: (...args) => addArea(database, ...args),
    updateArea: (...args) => updateArea(database, ...args),
    deleteArea: (...args) => deleteArea(database, ...args),
    addDoor: (...args) => addDoor(database, ...args),
    changeDoor: (...args) => changeDoor(database, ...args),
    removeDoor: (...args) => removeDoor(database, ...args),
    doorChecks: (...args) => doorChecks(database, ...args),
    setBaseline: (...args) => setBaseline(database, ...args),
    baselines: (...args) => baselinesOf(database, ...args),
    async occupancy(site, nowMs) {
      const areas = await occupancyOf(database, site, nowMs);
      if (areas.length === 0) throw missing(site);
      return areas;
    },
    history: (...args) => areaHistory(database, ...args),
    corrections: (...args) => areaCorrections(database, ...args),
  };
}

function missing(site: string): AppError {
  return new AppError('site.not-found', `there is no site ${site}`);
}
