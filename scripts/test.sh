#!/bin/sh
# Runs every check and every test of `npm test`; the last line is "N passed, N failed, N skipped".
# Each check (lint, types, the arm64 build, drift of what is generated) counts as one test.
set -u
cd "$(dirname "$0")/.." || exit
PATH=$PWD/node_modules/.bin:$PATH
export PATH

passed=0
failed=0
skipped=0

# check NAME COMMAND...: runs it in silence; what it printed is shown only when it fails.
check() {
  name=$1
  shift
  if "$@" >"build/$name.log" 2>&1; then
    passed=$((passed + 1))
    printf '  %-8s %s\n' passed "$name"
  else
    failed=$((failed + 1))
    cat "build/$name.log"
    printf '  %-8s %s: %s\n' FAILED "$name" "$*"
  fi
}

# suite PROJECT: runs a vitest project and adds its counts to ours. A run that does not end is ended.
suite() {
  results=build/$1.json
  rm -f "$results"
  timeout 600 vitest run --project "$1" --reporter=default --reporter=json --outputFile.json="$results"
  add $? "$results"
}

# add STATUS RESULTS: a run that fails without a failed test (a file that can't be read, an error between tests) is one.
add() {
  # shellcheck disable=SC2046 # Three numbers.
  set -- "$1" $(node -e '
    try {
      const run = JSON.parse(fs.readFileSync(process.argv[1], "utf8"));
      console.log(run.numPassedTests, run.numFailedTests, run.numPendingTests + run.numTodoTests);
    } catch {
      console.log(0, 0, 0);
    }' "$2")
  passed=$((passed + $2))
  skipped=$((skipped + $4))
  if [ "$1" -ne 0 ] && [ "$3" -eq 0 ]; then
    failed=$((failed + 1))
  else
    failed=$((failed + $3))
  fi
}

# Without the right to load BPF the kernel tests can't run: they are counted, and said to be skipped.
skip_kernel_tests() {
  count=$(vitest list --project kernel --json | node -e '
    console.log(JSON.parse(fs.readFileSync(0, "utf8")).length)') || count=1
  skipped=$((skipped + count))
  printf '\n  SKIPPED  %s kernel and end-to-end tests: %s\n' "$count" "$1"
}

mkdir -p build
check lint biome check .
check types tsc -p tsconfig.json
check arm64 make --silent check-arm64
check layouts node scripts/layouts.ts --check
check components node scripts/components.ts --check
suite unit
why=$(node scripts/can-load-bpf.ts)
case $? in
  2) skip_kernel_tests "$why" ;;
  *) suite kernel ;; # Where the question itself fails, the tests say why.
esac

printf '\n%s passed, %s failed, %s skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]
