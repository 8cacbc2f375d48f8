#!/bin/sh
# Builds dist/pingmon_VERSION_all.deb from a clean copy of what git knows. `make deb` calls it.
set -e
cd "$(dirname "$0")/.."
key=$(sha256sum debian/vendor.txt | cut -c1-16)
vendor=$PWD/.cache/vendor-$key
if [ ! -e "$vendor/SHA256SUMS" ]; then
    echo "Fetching what Debian lacks …"
    rm -rf "$vendor" && mkdir -p "$vendor"
    .venv/bin/pip --quiet --disable-pip-version-check download --no-deps --require-hashes \
        --no-binary jsonrpcserver -d "$vendor" -r debian/vendor.txt
    (cd "$vendor" && sha256sum -- *.whl *.tar.gz > SHA256SUMS)
fi
rm -rf build/deb && mkdir -p build/deb/pingmon dist
git ls-files -z | xargs -0 cp -P --parents -t build/deb/pingmon
cp -r "$vendor" build/deb/pingmon/vendor
SOURCE_DATE_EPOCH=$(dpkg-parsechangelog -l debian/changelog --show-field Timestamp)
export SOURCE_DATE_EPOCH
find build/deb -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
(cd build/deb/pingmon && dpkg-buildpackage --build=binary --unsigned-changes --no-check-builddeps \
    > ../build.log 2>&1) || { tail -30 build/deb/build.log; exit 1; }
cp build/deb/*.deb dist/
echo "dist/$(basename build/deb/*.deb)"
