#!/usr/bin/env bash
# parallel_grep against grep, and file_watch beside a shell that works in a directory.
#
# Usage: files_test.sh PARALLEL_GREP FILE_WATCH FOLDER-TO-SEARCH
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=server.sh
. "$(dirname "$0")/server.sh"

scratch=$(mktemp -d)
watching=
trap '[[ -z $watching ]] || kill "$watching"; rm -rf "$scratch"' EXIT

for text in weft 'std::span<std::byte' 'not in there: Ω'"$$"; do
    # A carriage return at the end of a line is part of the line for grep, and of its end for weft.
    LC_ALL=C grep -rnIF -- "$text" "$3" | tr -d '\r' | LC_ALL=C sort >"$scratch/expected" || true
    status=0
    timeout 120 "$1" "$text" "$3" >"$scratch/found" || status=$?
    LC_ALL=C sort "$scratch/found" | cmp "$scratch/expected" - || fail "grep for '$text': not what grep finds"
    [[ -s $scratch/expected ]] && expected=0 || expected=1
    expect "the status of grep for '$text'" $expected $status
done
status=0
"$1" text "$scratch/nothing" 2>"$scratch/errors" || status=$?
expect "the status of a search in nothing" 1 $status
grep -q "nothing: No such file" "$scratch/errors" || fail "nothing was said about a path that is not there"

mkdir "$scratch/tree"
"$2" "$scratch/tree" >"$scratch/changes" &
watching=$!
# It says nothing before it watches, so a file is touched until it says something.
until [[ -s $scratch/changes ]]; do
    kill -0 "$watching" || fail "file_watch ended"
    touch "$scratch/tree/first"
    sleep 0.05
done
echo warp >"$scratch/tree/yarn"
mv "$scratch/tree/yarn" "$scratch/tree/weft"
rm "$scratch/tree/weft"
for change in "yarn: created" "yarn: written" "weft: renamed from $scratch/tree/yarn" "weft: removed"; do
    until grep -qF "$scratch/tree/$change" "$scratch/changes"; do
        kill -0 "$watching" || fail "file_watch ended"
        sleep 0.05
    done
done
