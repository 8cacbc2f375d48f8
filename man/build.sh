#!/bin/sh
# build.sh PYTHON TARGET VERSION: writes the manual's pages into TARGET: those of the parsers' options with
# what stands in *.extra, and that of the configuration file. PYTHON has what pingmon imports, and
# argparse-manpage in its path.
set -e
cd "$(dirname "$0")/.."
python=$1 target=$2 version=$3
mkdir -p "$target"
# The settings of kinds, as they are declared: no page has to be told of a new one.
settings=$("$python" -c 'from pingmon.kinds import PROBE_KINDS; from pingmon.kinds.united import united
print(", ".join(one.name for one in united(PROBE_KINDS)))')
channels=$("$python" -c 'from pingmon.kinds import CHANNEL_KINDS; from pingmon.kinds.united import united
print(", ".join(one.name for one in united(CHANNEL_KINDS)))')
fields=$("$python" -c 'from pingmon.kinds import CHANNEL_KINDS
print(", ".join(dict.fromkeys(one for kind in CHANNEL_KINDS.values() for one in kind.shown)))')
page() { # NAME EXTRA MODULE FUNCTION TITLE SECTION DESCRIPTION; the builder's terminal must not show in it
    COLUMNS=80 "$python" -c 'from argparse_manpage.cli import main; main()' --module "$3" --function "$4" \
        --project-name pingmon --version "$version" --author "The pingmon maintainers" \
        --manual-title "$5" --manual-section "$6" --description "$7" --output "$target/$1.body"
    sed "s/@PROBE_SETTINGS@/$settings/; s/@CHANNEL_SETTINGS@/$channels/; s/@CHANNEL_FIELDS@/$fields/" "man/$2" | cat "$target/$1.body" - > "$target/$1"
    rm "$target/$1.body"
}
page pingmonctl.1 pingmonctl.extra pingmon.client.parser manual_parser "User commands" 1 \
    "tells pingmond what to watch"
page pingmond.8 pingmond.extra pingmon.daemon.config build_parser "System administration" 8 \
    "watches devices and services, and tells people"
"$python" -m pingmon.daemon.config_docs man > "$target/pingmon.toml.5"
