#!/bin/sh
# Installs what only tests need, given as PROGRAM:PACKAGE. Only what is missing is installed: a machine may have
# its own npm, with which Debian's is in conflict. Servers among it are not started, and postfix is not set up:
# tests start their own.
set -eu
missing=
for tool in "$@"; do
  command -v "${tool%%:*}" >/dev/null || missing="$missing ${tool#*:}"
done
[ -n "$missing" ] || exit 0
echo "Installing what tests need:$missing"
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d # who asks whether a service may be started (invoke-rc.d(8)): 101 is no
if [ ! -e $policy ]; then
  trap 'rm -f '$policy EXIT
  printf '#!/bin/sh\nexit 101\n' >$policy
  chmod 755 $policy
fi
echo 'postfix postfix/main_mailer_type select No configuration' | debconf-set-selections
apt-get -qq update
# shellcheck disable=SC2086
apt-get -qq -y install --no-install-recommends $missing >/dev/null
