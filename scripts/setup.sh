#!/bin/sh
# Makes a clone ready to run: system packages, npm packages, build. Does only what is missing, and says what it did.
#
#   setup.sh             what `npm start` needs
#   setup.sh --test      and what `npm test` needs
#   setup.sh --kernels   and what `npm run test:kernels` needs
set -eu
cd "$(dirname "$0")/.."

# One line per thing that must be there:
# who needs it | how to see that it is there | its package for apt | for dnf | for apk
requirements() {
  cat <<'LIST'
start|command -v clang|clang|clang|clang
start|command -v g++|g++|gcc-c++|g++
start|command -v make|make|make|make
start|command -v pkg-config|pkg-config|pkgconf-pkg-config|pkgconf
start|header bpf/libbpf.h|libbpf-dev|libbpf-devel libbpf-static|libbpf-dev
start|header gelf.h|libelf-dev|elfutils-libelf-devel|elfutils-dev
start|header zlib.h|zlib1g-dev|zlib-devel|zlib-dev
start|header asm/types.h|linux-libc-dev|kernel-headers|linux-headers
test|command -v nginx|nginx|nginx|nginx
test|command -v curl|curl|curl|curl
test|command -v wrk|wrk|wrk|wrk
test|command -v python3|python3|python3|python3
test|command -v go|golang|golang|go
test|command -v openssl|openssl|openssl|openssl
kernels|command -v qemu-system-x86_64|qemu-system-x86|qemu-system-x86-core|qemu-system-x86_64
kernels|command -v cpio|cpio|cpio|cpio
kernels|command -v busybox|busybox-static|busybox|busybox-static
LIST
}

case "${1:-}" in
  "") wanted="start" ;;
  --test) wanted="start test" ;;
  --kernels) wanted="start test kernels" ;;
  *)
    echo "usage: setup.sh [--test | --kernels]" >&2
    exit 2
    ;;
esac

say() { printf '  %-8s %s\n' "$1" "$2"; }

die() {
  printf '\nwattspan: %s\n' "$*" >&2
  exit 1
}

# header NAME: whether the C compiler's usual folders have it, the one of Debian's architecture included.
header() {
  for folder in /usr/include /usr/include/*-linux-gnu /usr/include/*-linux-musl; do
    [ ! -e "$folder/$1" ] || return 0
  done
  return 1
}

# missing COLUMN: the packages to install, as the package manager of that column names them.
missing() {
  requirements | while IFS='|' read -r stage check apt dnf apk; do
    case " $wanted " in *" $stage "*) ;; *) continue ;; esac
    # shellcheck disable=SC2086 # The check is a command with its argument.
    $check >/dev/null 2>&1 || eval "printf '%s ' \"\$$1\""
  done
}

# logged NAME COMMAND...: runs it in silence; what it printed is shown only when it fails.
logged() {
  log="build/$1.log"
  shift
  mkdir -p build
  "$@" >"$log" 2>&1 </dev/null && return
  tail -n 25 "$log" >&2
  die "\"$*\" failed; its whole output is in $log"
}

# Debian starts a server as soon as it is installed; ours are only run by tests. This is its documented way to say no.
without_services() {
  policy=/usr/sbin/policy-rc.d
  if [ -e "$policy" ]; then
    "$@"
    return
  fi
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  "$@"
  rm -f "$policy"
  trap - EXIT
}

install_with_apt() {
  say system "installing $*(a few minutes at most)"
  logged apt-update apt-get update -q
  # shellcheck disable=SC2068 # Package names are words.
  without_services logged apt-install \
    env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -q -y --no-install-recommends $@
  case " $* " in
    *" nginx "*) systemctl disable nginx >/dev/null 2>&1 || true ;; # Nor at the next boot.
  esac
}

install_system_packages() {
  [ -n "$(missing apt)" ] || return 0
  if command -v apt-get >/dev/null; then
    if [ "$(id -u)" = 0 ]; then
      install_with_apt "$(missing apt)"
      return
    fi
    die "some packages are missing. Install them, then try again:

  sudo apt-get install --no-install-recommends $(missing apt)"
  elif command -v dnf >/dev/null; then
    die "some packages are missing. Install them, then try again:

  sudo dnf install $(missing dnf)"
  elif command -v apk >/dev/null; then
    die "some packages are missing. Install them, then try again:

  sudo apk add $(missing apk)"
  fi
  die "some packages are missing, by Debian's names: $(missing apt)"
}

# npm writes its own copy of the lock file last, so that copy's age tells whether an install is complete and current.
install_npm_packages() {
  installed=node_modules/.package-lock.json
  [ ! -e "$installed" ] || [ package-lock.json -nt "$installed" ] || return 0
  if [ -L node_modules ]; then
    shared=$(readlink -f node_modules)
    ! cmp -s package-lock.json "$shared/../package-lock.json" || return 0 # What is new is only this copy of the lock file.
    die "node_modules is a link to $shared, and others would lose their packages by an install.
Install there, where package-lock.json has to be the same; or have packages of your own:

  rm node_modules"
  fi
  command -v npm >/dev/null || die "npm is missing. Install Node.js 20 or newer with npm, then try again."
  say npm "installing packages"
  # By the Node.js that runs npm now: the pinned one, first in a script's PATH, is itself among what is replaced.
  if [ -n "${npm_node_execpath:-}" ] && [ -n "${npm_execpath:-}" ]; then
    logged npm "$npm_node_execpath" "$npm_execpath" ci --ignore-scripts --loglevel=error
  else
    logged npm npm ci --ignore-scripts --loglevel=error
  fi
  touch "$installed"
  keep_node_that_runs
}

# The pinned Node.js needs glibc. Where it does not run it would only stand in the way of the system's own.
keep_node_that_runs() {
  ! node_modules/.bin/node --version >/dev/null 2>&1 || return 0
  rm -rf node_modules/.bin/node node_modules/node-linux-*
  version=$(node --version | sed 's/^v//')
  [ "$(printf '%s\n' 22.15.0 "$version" | sort -V | head -n 1)" = 22.15.0 ] ||
    die "the Node.js of this project does not run here, and the system's $version is older than 22.15."
}

case "$(uname -sm)" in
  "Linux x86_64" | "Linux aarch64") ;;
  *) die "runs on Linux on x86-64 or arm64; this is $(uname -sm)." ;;
esac

# Before 1.0 libbpf had another interface; Debian 12 and Ubuntu 24.04 have a newer one.
require_libbpf() {
  pkg-config --atleast-version=1.0 libbpf ||
    die "libbpf 1.0 or newer is needed to build; this system has $(pkg-config --modversion libbpf)."
}

install_system_packages
require_libbpf
install_npm_packages
case "$wanted" in
  start) target=all ;;
  *) target=test-programs ;;
esac
make --silent --no-print-directory --jobs="$(nproc)" "$target" ||
  die "the build failed; the lines above say where."

# Last, and only before a run: what is built as an ordinary user is run as root.
may_load_bpf() {
  capabilities=$(sed -n 's/^CapEff:[[:space:]]*/0x/p' /proc/self/status)
  [ $((capabilities >> 39 & 1)) = 1 ] || [ $((capabilities >> 21 & 1)) = 1 ] # CAP_BPF, CAP_SYS_ADMIN
}

[ "$wanted" != start ] || may_load_bpf ||
  die "built. Watching the kernel needs root, or CAP_BPF, CAP_PERFMON and more, which \"bin/wattspan doctor\" lists:

  sudo bin/wattspan --config config/default.yaml"
