#!/bin/sh
# Builds dist/pingmon_VERSION_all.deb from a copy of what git knows, changes that are not committed
# included. `make deb` calls it. dist/ holds the newest package only.
set -e
cd "$(dirname "$0")/.."
PINGMON_VERSION=$(debian/version.sh)
SOURCE_DATE_EPOCH=$(dpkg-parsechangelog -l debian/changelog --show-field Timestamp)
export PINGMON_VERSION SOURCE_DATE_EPOCH
rm -rf build/deb && mkdir -p build/deb/pingmon dist
git ls-files -z | tar --null --ignore-failed-read -cf - -T - 2>/dev/null | tar -xf - -C build/deb/pingmon
find build/deb -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
(cd build/deb/pingmon && dpkg-buildpackage --build=binary --unsigned-changes --no-check-builddeps \
    > ../build.log 2>&1) || { tail -30 build/deb/build.log; exit 1; }
rm -f dist/*.deb
cp build/deb/*.deb dist/
echo "dist/$(basename build/deb/*.deb)"
