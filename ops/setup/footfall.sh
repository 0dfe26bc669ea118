#!/bin/sh
# The one entry of the command line: brings the pinned dependencies (and with them the pinned Node) when they are missing
# or the lockfile changed, then hands over to the CLI. Needs Node >= 20 with npm for that first step only.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
cd "$root"

installed=node_modules/.footfall-installed-lock
if ! cmp -s package-lock.json "$installed"; then
  command -v npm >/dev/null || { echo "footfall: npm is missing: install Node.js 20 or newer with npm" >&2; exit 1; }
  echo "footfall: installing the dependencies of package-lock.json: npm ci (about a minute)" >&2
  npm ci --loglevel=error --no-audit --no-fund >&2
  cp package-lock.json "$installed"
fi

if [ -n "${FOOTFALL_NODE:-}" ]; then
  node=$FOOTFALL_NODE
elif [ -x node_modules/.bin/node ]; then
  node=$root/node_modules/.bin/node
else
  node=$(command -v node)
fi
case $("$node" --version) in
  v2[0-3].* | v1?.*) echo "footfall: Node 24 is needed and no pinned one exists for this platform: set FOOTFALL_NODE to one" >&2; exit 1 ;;
esac
PATH=$root/node_modules/.bin:$PATH
export PATH
exec "$node" --disable-warning=ExperimentalWarning ops/start/cli.ts "$@"
