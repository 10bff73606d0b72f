#!/bin/sh
# Installs the packages of tools/packages.txt that are missing: `install_packages.sh build` or `… build test`.
# As root or with passwordless sudo it does so itself; otherwise it prints the one command to run.
set -eu
here=$(dirname "$0")
wanted=$(awk -v sections=" $* " '
  /^# \[/ { match($0, /\[[a-z]+\]/); inside = index(sections, " " substr($0, RSTART + 1, RLENGTH - 2) " "); next }
  /^#/ || NF == 0 { next }
  inside { print $1 }' "$here/packages.txt")

if ! command -v dpkg-query >/dev/null 2>&1; then
  echo "deps: no dpkg here; mho needs what these Debian packages bring:" $wanted
  exit 0
fi
missing=""
for package in $wanted; do
  state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing="$missing $package"
done
if [ -z "$missing" ]; then
  echo "deps: all $(echo "$wanted" | wc -l) packages are there"
  exit 0
fi
if [ "$(id -u)" = 0 ]; then
  as_root=""
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
  as_root="sudo"
else
  echo "deps: packages are missing, and this user may not install them. Please run:"
  echo "  sudo apt-get install --no-install-recommends$missing"
  exit 1
fi
echo "deps: installing$missing"
$as_root apt-get update -qq
DEBIAN_FRONTEND=noninteractive $as_root env DEBIAN_FRONTEND=noninteractive \
  apt-get install -y -qq --no-install-recommends $missing >/dev/null
