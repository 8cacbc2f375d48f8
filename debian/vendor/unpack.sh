#!/bin/sh
# unpack.sh ARCHIVES TARGET: unpacks the Python packages of a folder of archives, after a check that
# each archive is one of those that requirements.txt beside it pins by hash.
set -e
archives=$1 target=$2
mkdir -p "$target"
for archive in "$archives"/*.whl "$archives"/*.tar.gz; do
    [ -e "$archive" ] || continue
    hash=$(sha256sum < "$archive" | cut -c1-64)
    grep -q "hash=sha256:$hash" "$archives/requirements.txt" || {
        echo "$archive: requirements.txt does not have its hash" >&2
        exit 1
    }
    case $archive in
    *.whl) python3 -m zipfile -e "$archive" "$target" ;;
    # A source archive has its packages one folder down, beside what is none.
    *.tar.gz) tar -xzf "$archive" -C "$target" --strip-components=1 ;;
    esac
done
for found in "$target"/*; do
    [ -e "$found/__init__.py" ] && [ "${found##*/}" != tests ] || rm -rf "$found"
done
