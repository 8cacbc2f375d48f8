"""Shell completion from the parser, by shtab: python3 debian/completion.py bash|zsh."""

import sys

import shtab

from pingmon.client.parser import build_parser

_IDS = "pingmonctl list-mon 2>/dev/null | awk 'NR > 1 { print $1 }'"
PREAMBLE = {
    "bash": f'_pingmon_ids() {{ compgen -W "$({_IDS})" -- "$1"; }}',
    "zsh": f"_pingmon_ids() {{ compadd -- $({_IDS}) }}",
}
print(shtab.complete(build_parser(), shell=sys.argv[1], preamble=PREAMBLE))
