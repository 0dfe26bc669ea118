#!/bin/sh
# build-worker.sh PACKAGE_DIR OUTPUT JOBS
# Builds mediasoup-worker from its npm package with the distribution's own libraries: no download. Where upstream wants a
# newer library than Debian 12 has, subprojects/ holds a stand-in. The patch relaxes meson's version and mends the DTLS
# transport for an OpenSSL built with kernel TLS (operationType is a set of flags, not a number).
set -eu
package=$(cd "$1" && pwd)
output=$2
jobs=$3
here=$(cd "$(dirname "$0")" && pwd)
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT

cp -r "$package/worker" "$build/worker"
cp -r "$here"/subprojects/* "$build/worker/subprojects/"
patch --silent --directory "$build" --strip 1 <"$here/worker-debian.patch"
cd "$build/worker"
meson setup build --buildtype release -Db_ndebug=true --wrap-mode=nodownload >/dev/null
# The generated headers come first: libwebrtc includes them, but its target does not say so.
ninja -C build fbs/FBS/worker.h >/dev/null
ninja -C build -j"$jobs" mediasoup-worker
strip build/mediasoup-worker
# Renamed into place, so that a broken build never looks finished.
mkdir -p "$(dirname "$output")"
cp build/mediasoup-worker "$output.part"
chmod 0755 "$output.part"
mv "$output.part" "$output"
