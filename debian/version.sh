#!/bin/sh
# Prints the version that a build carries: the newest in debian/changelog. Between releases, that is
# when HEAD has no tag vVERSION, ~gitTIME.HASH follows it (UTC of the commit, or of the newest change
# that is not committed): this sorts by time, and before the release.
set -e
cd "$(dirname "$0")/.."
version=$(sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog)
if [ -e .git ] && command -v git >/dev/null; then
    git() { command git -c safe.directory='*' "$@"; } # root may build what another user cloned
    if [ -n "$(git status --porcelain --untracked-files=no)" ]; then
        newest=$(git ls-files -z --modified | xargs -0 -r stat -c %Y 2>/dev/null | sort -n | tail -1)
        [ -n "$newest" ] || newest=$(date +%s) # files that are staged or deleted only
        version="$version~git$(date -u -d "@$newest" +%Y%m%d%H%M%S).$(git rev-parse --short=8 HEAD)+changed"
    elif ! git tag --points-at HEAD | grep -qx "v$version"; then
        version="$version~git$(TZ=UTC git log -1 --date=format-local:%Y%m%d%H%M%S --format=%cd.%h --abbrev=8)"
    fi
fi
echo "$version"
